package io.maru.tokenization.app;

import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenizer.BpeTokenizer;
import java.nio.charset.StandardCharsets;

/** Text to token ids and back, for callers, under limits. */
public final class TextCoding {
    private static final int MOST_TEXT_BYTES = 1 << 20;
    private static final int MOST_IDS = 1_000_000;
    /** A token can stand for a long run of spaces, so few ids can ask for a huge text. */
    private static final int MOST_DECODED_BYTES = 1 << 22;

    private final Tokenizers tokenizers;
    private final LoadedTokenizers loaded;

    public TextCoding(Tokenizers tokenizers, LoadedTokenizers loaded) {
        this.tokenizers = tokenizers;
        this.loaded = loaded;
    }

    /**
     * What is spelt like a special token is ordinary text.
     *
     * @throws io.maru.platform.error.Refusal TEXT_TOO_LONG, TOKENIZER_NOT_READY and its like
     */
    public int[] encode(String tokenizer, String text) {
        // Counting characters first keeps a text that is far too long from being copied.
        int bytes = text.length() > MOST_TEXT_BYTES ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MOST_TEXT_BYTES) {
            throw TokenizationReason.TEXT_TOO_LONG.because(
                    "text: more than %d bytes in UTF-8 (expected: at most that)", MOST_TEXT_BYTES);
        }
        return load(tokenizer).encode(text);
    }

    /**
     * Special tokens give no text.
     *
     * @throws io.maru.platform.error.Refusal TOO_MANY_IDS, INVALID_ID, TEXT_TOO_LONG, TOKENIZER_NOT_READY and its like
     */
    public String decode(String tokenizer, int[] ids) {
        if (ids.length > MOST_IDS) {
            throw TokenizationReason.TOO_MANY_IDS.because("ids: %d (expected: at most %d)", ids.length, MOST_IDS);
        }
        BpeTokenizer bpe = load(tokenizer);
        long bytes = 0;
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= bpe.vocabularySize()) {
                throw TokenizationReason.INVALID_ID.because(
                        "ids[%d]: %d (expected: 0 to %d)", i, ids[i], bpe.vocabularySize() - 1);
            }
            bytes += bpe.bytes(ids[i]).length;
            if (bytes > MOST_DECODED_BYTES) {
                throw TokenizationReason.TEXT_TOO_LONG.because(
                        "ids: their text has more than %d bytes (expected: at most that)", MOST_DECODED_BYTES);
            }
        }
        return bpe.decode(ids);
    }

    private BpeTokenizer load(String name) {
        Tokenizer tokenizer = tokenizers.getReady(name);
        return loaded.get(name, tokenizer.sha256());
    }
}
