package io.maru.tokenization.app;

import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.SpecialTokenException;
import io.maru.tokenizer.SpecialTokens;
import java.nio.charset.StandardCharsets;

/** Text to token ids and back, for callers, under limits. */
public final class TextCoding {
    private static final int MAX_TEXT_BYTES = 1 << 20;
    private static final int MAX_IDS = 1_000_000;
    /** A token can stand for a long run of spaces, so few ids can ask for a huge text. */
    private static final int MAX_DECODED_BYTES = 1 << 22;

    private final Tokenizers tokenizers;
    private final LoadedTokenizers loaded;

    public TextCoding(Tokenizers tokenizers, LoadedTokenizers loaded) {
        this.tokenizers = tokenizers;
        this.loaded = loaded;
    }

    /**
     * Text to ids.
     *
     * @param special what to do where the text holds what is spelt like a special token
     * @param template whether to put the tokens of the tokenizer's template around the text
     * @throws Refusal TEXT_TOO_LONG, SPECIAL_TOKEN_REFUSED, TOKENIZER_NOT_READY and its like
     */
    public int[] encode(String tokenizer, String text, SpecialTokens special, boolean template) {
        // Counting characters first keeps a text that is far too long from being copied.
        int bytes = text.length() > MAX_TEXT_BYTES ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_TEXT_BYTES) {
            throw TokenizationReason.TEXT_TOO_LONG.because(
                    "text: more than %d bytes in UTF-8 (expected: at most that)", MAX_TEXT_BYTES);
        }
        try {
            BpeTokenizer bpe = load(tokenizer);
            int[] ids = bpe.encode(text, special);
            return template ? bpe.withTemplate(ids) : ids;
        } catch (SpecialTokenException e) {
            throw new Refusal(TokenizationReason.SPECIAL_TOKEN_REFUSED, e.getMessage(), e);
        }
    }

    /**
     * Special tokens give no text.
     *
     * @throws Refusal TOO_MANY_IDS, INVALID_ID, TEXT_TOO_LONG, TOKENIZER_NOT_READY and its like
     */
    public String decode(String tokenizer, int[] ids) {
        if (ids.length > MAX_IDS) {
            throw TokenizationReason.TOO_MANY_IDS.because("ids: %d (expected: at most %d)", ids.length, MAX_IDS);
        }
        BpeTokenizer bpe = load(tokenizer);
        long bytes = 0;
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= bpe.vocabularySize()) {
                throw TokenizationReason.INVALID_ID.because(
                        "ids[%d]: %d (expected: 0 to %d)", i, ids[i], bpe.vocabularySize() - 1);
            }
            bytes += bpe.bytes(ids[i]).length;
            if (bytes > MAX_DECODED_BYTES) {
                throw TokenizationReason.TEXT_TOO_LONG.because(
                        "ids: their text has more than %d bytes (expected: at most that)", MAX_DECODED_BYTES);
            }
        }
        return bpe.decode(ids);
    }

    private BpeTokenizer load(String name) {
        Tokenizer tokenizer = tokenizers.getReady(name);
        return loaded.get(name, tokenizer.sha256());
    }
}
