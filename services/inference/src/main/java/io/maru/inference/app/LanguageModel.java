package io.maru.inference.app;

import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.SpecialTokens;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** A model in memory, safe for several threads. It is closed after its last session. */
public interface LanguageModel extends AutoCloseable {
    BpeTokenizer tokenizer();

    /**
     * The ids of a prompt, after the token that begins a text where the model was trained with one before each. Of an empty
     * prompt only that token, if the model has one.
     */
    int[] encode(String prompt, SpecialTokens special);

    /** The ids of tokens that end a text; none if nothing but the context does. */
    Set<Integer> stopIds();

    /** Trained numbers. */
    long parameters();

    /** Tokens that it knows, V; at least the tokenizer's. */
    int vocabularySize();

    /** The most tokens that it can read at once. */
    int block();

    /** A context of its own. */
    Session open();

    @Override
    void close();

    /** One text in the making. For one thread. */
    interface Session extends AutoCloseable {
        /**
         * @param prompt at least one token, at most a block
         * @return logits of the token after it, one for each of the tokenizer's tokens
         */
        float[] prefill(int[] prompt);

        /** Reads one more token; returns the logits of the one after it. */
        float[] step(int token);

        /**
         * Natural logarithms of the probability of each token but the first, given those before it.
         *
         * @param tokens 2 to block + 1
         */
        double[] score(int[] tokens);

        @Override
        void close();
    }

    /** Reads a model from a Hugging Face directory. */
    interface Loader {
        /** @throws io.maru.platform.error.Refusal MODEL_UNUSABLE */
        LanguageModel load(Path directory) throws IOException;
    }
}
