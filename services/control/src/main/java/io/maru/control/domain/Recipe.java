package io.maru.control.domain;

import java.util.List;
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

    /**
     * The shape of a decoder; {@code block} is the longest context, in tokens. The last three are Llama's own.
     *
     * @param keyValueHeads 0 for as many as heads
     * @param intermediate 0 for the usual width of the feed-forward part
     */
    public record Model(
            int layers,
            int heads,
            int width,
            int block,
            Family family,
            int keyValueHeads,
            int intermediate,
            boolean ownHead) {}

    /** Of architectures. */
    public enum Family {
        GPT2,
        LLAMA
    }

    /** Where steps, batch, learning rate or, beside such a batch, accumulation are left to training. */
    public static final int AUTO = 0;
    /** Where warm-up or the least learning rate follow from what training chooses. */
    public static final int FOLLOWS = -1;

    /** How the learning rate comes down. */
    public enum Schedule {
        COSINE,
        LINEAR,
        WSD,
        CONSTANT
    }

    /** What products are made in. */
    public enum Precision {
        FLOAT32,
        BFLOAT16
    }

    /** What is worked out twice to save memory. */
    public enum Recompute {
        NONE,
        BLOCKS
    }

    /**
     * How the weights are found; see {@code TrainingSpec} in training.proto, also for what is {@link #AUTO} or
     * {@link #FOLLOWS}.
     *
     * @param batch sequences of a step, however they were given
     * @param batchTokens the batch where it was given in tokens
     */
    public record Training(
            long steps,
            int batch,
            Optional<Integer> batchTokens,
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
            long checkpointEvery,
            Schedule schedule,
            Precision precision,
            Recompute recompute,
            double dropout,
            int accumulation,
            int devices,
            int workers,
            List<Share> mix,
            double weight,
            OnDivergence onDivergence,
            double spikeFactor,
            int earlyStop,
            int keepCheckpoints) {
        public Training {
            mix = List.copyOf(mix);
        }
    }

    /**
     * A dataset that is mixed in.
     *
     * @param dataset {@code datasets/{dataset}}
     */
    public record Share(String dataset, double weight) {}

    /** What to do with a batch that gives no number, or a spike. */
    public enum OnDivergence {
        PAUSE,
        SKIP,
        FAIL
    }

    /** @param maxTokens how much of the validation split is scored; 0 is all of it */
    public record Evaluation(long maxTokens) {}

    public record Sample(String prompt, int maxTokens, double temperature, int topK, double topP, long seed) {}

    /**
     * Weights of the model.
     *
     * @param vocabulary tokens that the tokenizer has
     */
    public long parameters(int vocabulary) {
        return switch (model.family()) {
            case GPT2 -> gptParameters(vocabulary);
            case LLAMA -> llamaParameters(vocabulary);
        };
    }

    /**
     * Those of GPT-2 (Radford and others, "Language Models are Unsupervised Multitask Learners", 2019; layout of Hugging
     * Face's GPT2LMHeadModel), whose output layer is the token embedding again.
     */
    private long gptParameters(int vocabulary) {
        long width = model.width();
        long embeddings = (vocabulary + (long) model.block()) * width;
        long norm = 2 * width;
        long attention = width * 3 * width + 3 * width + width * width + width;
        long feedForward = width * 4 * width + 4 * width + 4 * width * width + width;
        return embeddings + model.layers() * (norm + attention + norm + feedForward) + norm;
    }

    /** Those of Llama (Touvron and others, "LLaMA", 2023; layout of Hugging Face's LlamaForCausalLM). */
    private long llamaParameters(int vocabulary) {
        long width = model.width();
        long table = vocabulary * width;
        long keyWidth = width / model.heads() * model.keyValueHeads();
        long inner = model.intermediate() == 0 ? (8 * width / 3 + 31) / 32 * 32 : model.intermediate();
        long layer = 2 * width * width + 2 * width * keyWidth + 3 * width * inner + 2 * width;
        return (model.ownHead() ? 2 : 1) * table + model.layers() * layer + width;
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
