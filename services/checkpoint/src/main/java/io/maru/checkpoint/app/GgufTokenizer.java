package io.maru.checkpoint.app;

import io.maru.formats.GgufContent;
import io.maru.formats.GgufMetadata;
import io.maru.tokenizer.GgufVocabulary;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** The tokenizer in the keys of a GGUF file: what the tokenizer library says of it, as the formats library reads and writes it. */
final class GgufTokenizer {
    private static final String KEYS = "tokenizer.ggml.";
    private static final String MODEL = KEYS + "model";
    private static final String SENTENCE_PIECE = "llama";
    private static final int NORMAL = 1;

    private GgufTokenizer() {}

    static boolean isIn(GgufMetadata keys) {
        return keys.has(MODEL);
    }

    /**
     * What the keys say; what they leave out is as llama.cpp takes it.
     *
     * @throws io.maru.formats.CorruptFileException if a key is not of its type
     * @throws io.maru.tokenizer.TokenizerFormatException if the keys do not belong together
     */
    static GgufVocabulary read(GgufMetadata keys) {
        String model = keys.text(MODEL);
        boolean isSentencePiece = model.equals(SENTENCE_PIECE);
        List<String> tokens = keys.texts(KEYS + "tokens");
        return new GgufVocabulary(
                model,
                keys.text(KEYS + "pre", ""),
                tokens,
                isSentencePiece && keys.has(KEYS + "scores") ? floats(keys.numbers(KEYS + "scores")) : List.of(),
                keys.has(KEYS + "token_type")
                        ? Arrays.stream(keys.integers(KEYS + "token_type"))
                                .mapToInt(GgufTokenizer::narrow)
                                .boxed()
                                .toList()
                        : Collections.nCopies(tokens.size(), NORMAL),
                !isSentencePiece && keys.has(KEYS + "merges") ? keys.texts(KEYS + "merges") : List.of(),
                id(keys, "bos"),
                id(keys, "eos"),
                id(keys, "unknown"),
                id(keys, "padding"),
                keys.flag(KEYS + "add_bos_token", isSentencePiece),
                keys.flag(KEYS + "add_space_prefix", isSentencePiece));
    }

    static void write(GgufVocabulary vocabulary, GgufContent into) {
        into.text(MODEL, vocabulary.model());
        // llama.cpp reads the key of either model.
        into.text(KEYS + "pre", vocabulary.pre().isEmpty() ? "default" : vocabulary.pre());
        into.texts(KEYS + "tokens", vocabulary.tokens());
        if (!vocabulary.scores().isEmpty()) {
            into.numbers(KEYS + "scores", vocabulary.scores());
        }
        into.integers(KEYS + "token_type", vocabulary.types());
        if (!vocabulary.merges().isEmpty()) {
            into.texts(KEYS + "merges", vocabulary.merges());
        }
        put(into, "bos", vocabulary.bos());
        put(into, "eos", vocabulary.eos());
        put(into, "unknown", vocabulary.unk());
        put(into, "padding", vocabulary.pad());
        into.flag(KEYS + "add_bos_token", vocabulary.addBos());
        into.flag(KEYS + "add_space_prefix", vocabulary.addSpacePrefix());
    }

    private static void put(GgufContent into, String token, int id) {
        if (id != GgufVocabulary.NONE) {
            into.integer(KEYS + token + "_token_id", id);
        }
    }

    private static int id(GgufMetadata keys, String token) {
        return narrow(keys.integer(KEYS + token + "_token_id", GgufVocabulary.NONE));
    }

    /** What is too large for an id or a type is none, and is refused as such. */
    private static int narrow(long number) {
        return (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, number));
    }

    private static List<Float> floats(float[] numbers) {
        List<Float> list = new ArrayList<>(numbers.length);
        for (float number : numbers) {
            list.add(number);
        }
        return list;
    }
}
