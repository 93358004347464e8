package io.maru.evaluation.app;

import java.util.List;

/** Models that score tokens. Calls throw a refusal; INFERENCE_UNAVAILABLE is worth another try. */
public interface LanguageModels {
    Shape load(String modelVersion) throws InterruptedException;

    /**
     * Natural logarithms of the probability of each token but the first, given those before it.
     *
     * @param sequences each of 2 to block + 1 tokens
     * @return one array for each sequence, one shorter than it
     */
    List<float[]> score(String modelVersion, List<int[]> sequences) throws InterruptedException;

    /** @param block the most tokens that it can read at once */
    record Shape(int vocabularySize, int block) {}
}
