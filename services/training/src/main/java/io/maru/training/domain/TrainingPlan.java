package io.maru.training.domain;

import io.maru.model.AdamW;
import io.maru.model.BatchOrder;
import io.maru.model.DecoderConfig;
import io.maru.model.GptConfig;
import io.maru.model.LearningRate;
import io.maru.model.LlamaConfig;
import io.maru.model.TrainingOptions;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import java.util.List;
import java.util.function.Supplier;

/**
 * A job whose numbers fit each other, the dataset and this machine. Nothing is allocated for a number before it was
 * checked here.
 *
 * @param adamW the betas, decay and clipping
 * @param options how a step is computed
 * @param train which tokens a step sees
 * @param validation the fixed batches that every validation is made over
 * @param validationBatches how many of them
 */
public record TrainingPlan(
        DecoderConfig config,
        AdamW adamW,
        TrainingOptions options,
        LearningRate learningRate,
        BatchOrder train,
        BatchOrder validation,
        int validationBatches) {
    private static final long MOST_STEPS = 1_000_000_000;
    private static final int LARGEST_BATCH = 1 << 16;
    private static final int MOST_DEVICES = 64;
    private static final int MOST_WORKERS = 1024;
    private static final int LARGEST_BLOCK = 1 << 17;
    private static final int MOST_LAYERS = 512;
    private static final int LARGEST_WIDTH = 1 << 15;
    private static final double LARGEST_LEARNING_RATE = 10;
    private static final double LARGEST_WEIGHT_DECAY = 10;
    private static final double LARGEST_GRADIENT_CLIP = 1e6;
    private static final float ADAM_EPSILON = 1e-8f;
    /** The same for every run, so that validation losses of different seeds are over the same tokens. */
    private static final long VALIDATION_SEED = 0;

    /** @throws Refusal INVALID_ARGUMENT with the field, what was found and what was expected */
    public static TrainingPlan of(ModelSpec model, TrainingSpec training, Dataset dataset, Limits limits) {
        DecoderConfig config = config(model, dataset, limits);
        checkSchedule(training);
        require("training.batch", training.batch(), 1, LARGEST_BATCH);
        long stepTokens = (long) training.batch() * model.block();
        refuseUnless(
                stepTokens <= limits.stepTokens(),
                "training.batch: %d times model.block %d is %d tokens a step (expected: at most %d)",
                training.batch(),
                model.block(),
                stepTokens,
                limits.stepTokens());
        refuseUnless(
                stepTokens <= limits.stepLogits() / dataset.vocabularySize(),
                "training.batch: %d times model.block %d times the vocabulary of %d is more than %d numbers (expected: at most"
                        + " that)",
                training.batch(),
                model.block(),
                dataset.vocabularySize(),
                limits.stepLogits());
        // Divided rather than multiplied: the product of five numbers can be more than a long holds.
        refuseUnless(
                stepTokens * model.heads() <= limits.stepScores() / model.layers() / model.block(),
                "model.block: %d squared times training.batch %d times model.heads %d times model.layers %d is more than %d"
                        + " numbers of attention in a step (expected: at most that)",
                model.block(),
                training.batch(),
                model.heads(),
                model.layers(),
                limits.stepScores());
        BatchOrder train = order("train", dataset.train(), model.block(), training.batch(), training.seed());
        BatchOrder validation =
                order("validation", dataset.validation(), model.block(), training.batch(), VALIDATION_SEED);
        long wholeBatches = Math.max(1, validation.windowsPerEpoch() / training.batch());
        return new TrainingPlan(
                config,
                adamW(training),
                options(training),
                new LearningRate(
                        (float) training.learningRate(),
                        (float) training.minLearningRate(),
                        training.warmupSteps(),
                        training.steps(),
                        training.decay()),
                train,
                validation,
                (int) Math.min(training.validationBatches(), wholeBatches));
    }

    private static DecoderConfig config(ModelSpec model, Dataset dataset, Limits limits) {
        require("model.layers", model.layers(), 1, MOST_LAYERS);
        require("model.width", model.width(), 1, LARGEST_WIDTH);
        require("model.heads", model.heads(), 1, model.width());
        require("model.block", model.block(), 1, LARGEST_BLOCK);
        refuseUnless(
                model.width() % model.heads() == 0,
                "model.heads: %d (expected: a divisor of model.width, which is %d)",
                model.heads(),
                model.width());
        DecoderConfig config = refusing("model", () -> shape(model, dataset.vocabularySize()));
        refuseUnless(
                config.parameterCount() <= limits.parameters(),
                "model: %d parameters (expected: at most %d)",
                config.parameterCount(),
                limits.parameters());
        return config;
    }

    private static DecoderConfig shape(ModelSpec model, int vocabulary) {
        if (model.family() == ModelSpec.Family.GPT2) {
            refuseLlamasOwn("key_value_heads", model.keyValueHeads() != 0, model.keyValueHeads());
            refuseLlamasOwn("inner_width", model.innerWidth() != 0, model.innerWidth());
            refuseLlamasOwn("own_head", model.ownHead(), model.ownHead());
            return new GptConfig(vocabulary, model.block(), model.layers(), model.heads(), model.width());
        }
        return new LlamaConfig(
                vocabulary,
                model.block(),
                model.layers(),
                model.heads(),
                model.keyValueHeads() == 0 ? model.heads() : model.keyValueHeads(),
                model.width(),
                model.width() / model.heads(),
                model.innerWidth() == 0 ? LlamaConfig.usualInnerWidth(model.width()) : model.innerWidth(),
                LlamaConfig.LLAMA_NORM_EPSILON,
                LlamaConfig.LLAMA_ROPE_THETA,
                !model.ownHead());
    }

    private static void refuseLlamasOwn(String field, boolean set, Object found) {
        refuseUnless(!set, "model.%s: %s (expected: nothing, but for the family LLAMA)", field, found);
    }

    private static void checkSchedule(TrainingSpec training) {
        require("training.steps", training.steps(), 1, MOST_STEPS);
        require("training.warmup_steps", training.warmupSteps(), 0, training.steps() - 1);
        require("training.validate_every", training.validateEvery(), 1, MOST_STEPS);
        require("training.validation_batches", training.validationBatches(), 1, LARGEST_BATCH);
        require("training.checkpoint_every", training.checkpointEvery(), 1, MOST_STEPS);
        requireReal(
                "training.learning_rate",
                training.learningRate(),
                training.learningRate() >= Float.MIN_NORMAL && training.learningRate() <= LARGEST_LEARNING_RATE,
                "> 0, <= " + LARGEST_LEARNING_RATE);
        requireReal(
                "training.min_learning_rate",
                training.minLearningRate(),
                training.minLearningRate() >= 0 && training.minLearningRate() <= training.learningRate(),
                ">= 0, <= training.learning_rate, which is " + training.learningRate());
        requireReal(
                "training.weight_decay",
                training.weightDecay(),
                training.weightDecay() >= 0 && training.weightDecay() <= LARGEST_WEIGHT_DECAY,
                ">= 0, <= " + LARGEST_WEIGHT_DECAY);
        requireReal(
                "training.beta1", training.beta1(), training.beta1() >= 0 && (float) training.beta1() < 1, ">= 0, < 1");
        requireReal(
                "training.beta2", training.beta2(), training.beta2() >= 0 && (float) training.beta2() < 1, ">= 0, < 1");
        requireReal(
                "training.gradient_clip",
                training.gradientClip(),
                training.gradientClip() == 0
                        || training.gradientClip() >= Float.MIN_NORMAL
                                && training.gradientClip() <= LARGEST_GRADIENT_CLIP,
                "0 for none, or <= " + LARGEST_GRADIENT_CLIP);
    }

    private static TrainingOptions options(TrainingSpec training) {
        requireReal(
                "training.dropout",
                training.dropout(),
                training.dropout() >= 0 && (float) training.dropout() < 1,
                ">= 0, < 1");
        require("training.accumulation", training.accumulation(), 1, training.batch());
        refuseUnless(
                training.batch() % training.accumulation() == 0,
                "training.accumulation: %d (expected: a divisor of training.batch, which is %d)",
                training.accumulation(),
                training.batch());
        require("training.devices", training.devices(), 1, MOST_DEVICES);
        require("training.workers", training.workers(), 1, MOST_WORKERS);
        int part = training.batch() / training.accumulation();
        refuseUnless(
                part % (training.devices() * training.workers()) == 0,
                "training.devices: %d times training.workers %d (expected: a divisor of %d, training.batch over"
                        + " training.accumulation)",
                training.devices(),
                training.workers(),
                part);
        return TrainingOptions.usual()
                .with(training.precision())
                .with(training.recompute())
                .withDropout((float) training.dropout(), training.seed())
                .withAccumulation(training.accumulation());
    }

    private static AdamW adamW(TrainingSpec training) {
        // Nothing is longer than the largest float, so clipping to it is no clipping.
        float clip = training.gradientClip() == 0 ? Float.MAX_VALUE : (float) training.gradientClip();
        return new AdamW(
                (float) training.beta1(), (float) training.beta2(), ADAM_EPSILON, (float) training.weightDecay(), clip);
    }

    private static BatchOrder order(String split, List<Dataset.Shard> shards, int block, int batch, long seed) {
        long longest = shards.stream().mapToLong(Dataset.Shard::tokens).max().orElse(0);
        refuseUnless(
                longest > block,
                "model.block: %d (expected: < %d, the tokens of the dataset's longest %s shard)",
                block,
                longest,
                split);
        return new BatchOrder(shards.stream().map(Dataset.Shard::tokens).toList(), block, batch, seed);
    }

    private static void require(String field, long value, long least, long most) {
        refuseUnless(value >= least && value <= most, "%s: %d (expected: %d to %d)", field, value, least, most);
    }

    private static void requireReal(String field, double value, boolean holds, String expected) {
        refuseUnless(Double.isFinite(value) && holds, "%s: %s (expected: finite, %s)", field, value, expected);
    }

    private static void refuseUnless(boolean holds, String format, Object... arguments) {
        if (!holds) {
            throw CommonReason.INVALID_ARGUMENT.because(format, arguments);
        }
    }

    private static <T> T refusing(String field, Supplier<T> make) {
        try {
            return make.get();
        } catch (IllegalArgumentException e) {
            throw new Refusal(CommonReason.INVALID_ARGUMENT, field + ": " + e.getMessage(), e);
        }
    }
}
