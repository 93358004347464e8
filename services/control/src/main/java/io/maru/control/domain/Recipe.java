package io.maru.control.domain;

import java.util.Optional;

/**
 * A whole run, as its operator writes it. Every key of the YAML is a component here, and the other way round;
 * {@code recipes/README.md} tells what each means.
 *
 * @param name also the model's
 * @param sample what to let the finished model write, if anything
 */
public record Recipe(
        String name,
        Corpus corpus,
        Tokenizer tokenizer,
        Model model,
        Training training,
        Evaluation evaluation,
        Optional<Sample> sample) {

    /** @param validationFraction the share of documents that the model never trains on */
    public record Corpus(double validationFraction) {}

    /**
     * @param vocabularySize the most tokens of a new tokenizer; a small corpus can run out of pairs to merge earlier
     * @param use the name of a registered tokenizer that takes the place of a new one
     */
    public record Tokenizer(int vocabularySize, Optional<String> use) {}

    /** The shape of a GPT-2 style transformer; {@code block} is the longest context, in tokens. */
    public record Model(int layers, int heads, int width, int block) {}

    /** How the weights are found; see {@code TrainingSpec} in training.proto. */
    public record Training(
            long steps,
            int batch,
            double learningRate,
            double minLearningRate,
            long warmupSteps,
            double weightDecay,
            double beta1,
            double beta2,
            double gradientClip,
            long seed,
            long validateEvery,
            int validationBatches,
            long checkpointEvery) {}

    /** @param maxTokens how much of the validation split is scored; 0 is all of it */
    public record Evaluation(long maxTokens) {}

    public record Sample(String prompt, int maxTokens, double temperature, int topK, double topP, long seed) {}

    /**
     * Weights of the model: those of GPT-2 (Radford and others, "Language Models are Unsupervised Multitask Learners", 2019;
     * layout of Hugging Face's GPT2LMHeadModel), whose output layer is the token embedding again.
     *
     * @param vocabulary tokens that the tokenizer has
     */
    public long parameters(int vocabulary) {
        long width = model.width();
        long embeddings = (vocabulary + (long) model.block()) * width;
        long norm = 2 * width;
        long attention = width * 3 * width + 3 * width + width * width + width;
        long feedForward = width * 4 * width + 4 * width + 4 * width * width + width;
        return embeddings + model.layers() * (norm + attention + norm + feedForward) + norm;
    }

    /**
     * Refuses a text that cannot fill one training example, or one of validation.
     *
     * @param bytes of all sources together
     * @throws io.maru.platform.error.Refusal TEXT_TOO_SHORT
     */
    public void checkFits(long bytes) {
        // A token is at least one byte, and an example needs one more token than the block: the last one's target.
        long needed = model.block() + 1L;
        long validation = Math.round(bytes * corpus.validationFraction());
        checkSplit("training", bytes - validation, bytes, needed);
        checkSplit("validation", validation, bytes, needed);
    }

    private void checkSplit(String split, long has, long of, long needed) {
        if (has < needed) {
            throw ControlReason.TEXT_TOO_SHORT.because(
                    "model.block: %d (expected: at most %d, since the %s split is about %d bytes of the %d in the sources)",
                    model.block(), Math.max(0, has - 1), split, has, of);
        }
    }
}
