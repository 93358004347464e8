package io.maru.inference.app;

import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.SpecialTokens;
import io.maru.tokenizer.TieRule;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** A language model that says one thing, whatever it is asked, and then that the text is over. */
final class ScriptedModel implements LanguageModel {
    static final BpeTokenizer TOKENIZER = new BpeTrainer(257, TieRule.SMALLEST_IDS).train();

    final AtomicInteger openSessions = new AtomicInteger();
    final AtomicInteger steps = new AtomicInteger();
    volatile int[] lastPrompt;
    volatile boolean closed;

    private final int block;
    private final int[] script;
    volatile Set<Integer> stopIds = Set.of(TOKENIZER.endOfText());

    ScriptedModel(int block, int... script) {
        this.block = block;
        this.script = script;
    }

    static ScriptedModel saying(int block, String text) {
        return new ScriptedModel(block, TOKENIZER.encode(text));
    }

    @Override
    public BpeTokenizer tokenizer() {
        return TOKENIZER;
    }

    @Override
    public int[] encode(String prompt, SpecialTokens special) {
        return prompt.isEmpty() ? new int[] {TOKENIZER.endOfText()} : TOKENIZER.encode(prompt, special);
    }

    @Override
    public Set<Integer> stopIds() {
        return stopIds;
    }

    @Override
    public long parameters() {
        return script.length;
    }

    @Override
    public int vocabularySize() {
        return TOKENIZER.vocabularySize();
    }

    @Override
    public int block() {
        return block;
    }

    @Override
    public Session open() {
        if (closed) {
            throw new IllegalStateException("a session of a closed model");
        }
        openSessions.incrementAndGet();
        return new Session() {
            private int said;

            @Override
            public float[] prefill(int[] prompt) {
                lastPrompt = prompt.clone();
                return next();
            }

            @Override
            public float[] step(int token) {
                steps.incrementAndGet();
                return next();
            }

            @Override
            public double[] score(int[] tokens) {
                double[] scores = new double[tokens.length - 1];
                Arrays.setAll(scores, i -> -tokens[i + 1]);
                return scores;
            }

            @Override
            public void close() {
                openSessions.decrementAndGet();
            }

            private float[] next() {
                float[] logits = new float[TOKENIZER.vocabularySize()];
                logits[said < script.length ? script[said++] : TOKENIZER.endOfText()] = 1;
                return logits;
            }
        };
    }

    @Override
    public void close() {
        closed = true;
    }
}
