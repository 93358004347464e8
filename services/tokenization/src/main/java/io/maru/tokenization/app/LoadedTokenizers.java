package io.maru.tokenization.app;

import io.maru.formats.Sha256;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.TokenizerFormatException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The tokenizers used last, read from the store and held to their digests. */
public final class LoadedTokenizers {
    private static final int MAX_JSON_BYTES = 1 << 26;

    private final SealedFiles files;
    private final Map<String, BpeTokenizer> bySha256;

    /** @param maxLoaded how many are kept; one with 50,000 tokens takes some 20 MB */
    public LoadedTokenizers(SealedFiles files, int maxLoaded) {
        this.files = files;
        this.bySha256 = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, BpeTokenizer> eldest) {
                return size() > maxLoaded;
            }
        };
    }

    /**
     * The tokenizer of this name, which a READY tokenizer or a dataset has with this digest.
     *
     * @throws Refusal TOKENIZER_CORRUPT where the store has another one, or none
     */
    // One at a time: two callers that miss at once would otherwise both hold a copy while it is parsed.
    public synchronized BpeTokenizer get(String name, String sha256) {
        BpeTokenizer loaded = bySha256.get(sha256);
        if (loaded == null) {
            loaded = load(name, sha256);
            bySha256.put(sha256, loaded);
        }
        return loaded;
    }

    private BpeTokenizer load(String name, String sha256) {
        try {
            return BpeTokenizer.fromJson(json(name, sha256));
        } catch (TokenizerFormatException e) {
            throw new Refusal(TokenizationReason.TOKENIZER_CORRUPT, name + ": " + e.getMessage(), e);
        }
    }

    /** The bytes of tokenizer.json, with the digest that was asked for. */
    byte[] json(String name, String sha256) {
        byte[] json = file(Tokenizer.jsonKey(name));
        String found = Sha256.of(json);
        if (!found.equals(sha256)) {
            throw TokenizationReason.TOKENIZER_CORRUPT.because(
                    "%s: sha256 is %s (expected: %s)", Tokenizer.jsonKey(name), found, sha256);
        }
        return json;
    }

    private byte[] file(String key) {
        return files.bytes(key, MAX_JSON_BYTES)
                .orElseThrow(() -> TokenizationReason.TOKENIZER_CORRUPT.because(
                        "%s: no such object (expected: the file of a ready tokenizer)", key));
    }
}
