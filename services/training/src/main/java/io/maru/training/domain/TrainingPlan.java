package io.maru.training.domain;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.data.BatchOrder;
import io.maru.model.data.Mixture;
import io.maru.model.layer.Recompute;
import io.maru.model.training.AdamW;
import io.maru.model.training.LearningRate;
import io.maru.model.training.TrainingOptions;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A job whose numbers fit each other, the dataset and this machine. Nothing is allocated for a number before it was
 * checked here.
 *
 * @param adamW the betas, decay and clipping
 * @param options how a step is computed
 * @param train which tokens of the own dataset come in which order
 * @param mixture which tokens of all datasets a step sees
 * @param validation the fixed batches that every validation is made over
 * @param validationBatches how many of them
 * @param plannedBytes of the process that trains
 */
public record TrainingPlan(
        DecoderConfig config,
        AdamW adamW,
        TrainingOptions options,
        LearningRate learningRate,
        BatchOrder train,
        Mixture mixture,
        BatchOrder validation,
        int validationBatches,
        long plannedBytes) {
    private static final long MAX_STEPS = 1_000_000_000;
    private static final int MAX_BATCH = 1 << 16;
    private static final int MAX_BLOCK = 1 << 17;
    private static final int MAX_LAYERS = 512;
    private static final int MAX_WIDTH = 1 << 15;
    private static final double MAX_LEARNING_RATE = 10;
    private static final double MAX_WEIGHT_DECAY = 10;
    private static final double MAX_GRADIENT_CLIP = 1e6;
    private static final double MAX_SPIKE_FACTOR = 1e6;
    private static final double MAX_WEIGHT = 1e6;
    private static final int MAX_MIXED = 64;
    private static final float ADAM_EPSILON = 1e-8f;
    /** The same for every run, so that validation losses of different seeds are over the same tokens. */
    private static final long VALIDATION_SEED = 0;

    /** {@link #of(ModelSpec, TrainingSpec, List, Limits)} of a single dataset. */
    public static TrainingPlan of(ModelSpec model, TrainingSpec training, Dataset dataset, Limits limits) {
        return of(model, training, List.of(dataset), limits);
    }

    /**
     * @param datasets the job's own, and then those of its mix
     * @throws Refusal INVALID_ARGUMENT, JOB_TOO_LARGE or TOKENIZER_MISMATCH with the field, what was found and what was
     *     expected
     */
    public static TrainingPlan of(ModelSpec model, TrainingSpec training, List<Dataset> datasets, Limits limits) {
        Dataset dataset = datasets.get(0);
        Checked checked = check(model, training, dataset.vocabularySize(), limits);
        BatchOrder train = order("train", dataset.train(), model.block(), training.batch(), training.seed());
        Mixture mixture = mixture(train, model, training, datasets);
        BatchOrder validation =
                order("validation", dataset.validation(), model.block(), training.batch(), VALIDATION_SEED);
        long wholeBatches = Math.max(1, validation.windowsPerEpoch() / training.batch());
        return new TrainingPlan(
                checked.config(),
                adamW(training),
                checked.options(),
                new LearningRate(
                        (float) training.learningRate(),
                        (float) training.minLearningRate(),
                        training.warmupSteps(),
                        training.steps(),
                        training.schedule()),
                train,
                mixture,
                validation,
                (int) Math.min(training.validationBatches(), wholeBatches),
                checked.plannedBytes());
    }

    /**
     * What can be told of a job without its dataset.
     *
     * @param plannedBytes of the process that trains
     */
    public record Checked(DecoderConfig config, TrainingOptions options, long plannedBytes) {}

    /**
     * Checks a training for which nothing was chosen yet, as far as that goes without a dataset.
     *
     * @throws Refusal as {@link #of}
     */
    public static Checked checkOpen(ModelSpec model, TrainingSpec asked, int vocabularySize, Limits limits) {
        require("vocabulary_size", vocabularySize, 1, Integer.MAX_VALUE);
        return check(model, ChosenTraining.smallest(asked), vocabularySize, limits);
    }

    /**
     * A request's training with nothing left open, chosen for its datasets; {@link #of} checks what was chosen.
     *
     * @param datasets the job's own, and then those of its mix
     * @throws Refusal as {@link #of}
     */
    public static ChosenTraining choose(ModelSpec model, TrainingSpec asked, List<Dataset> datasets, Limits limits) {
        Checked checked = checkOpen(model, asked, datasets.get(0).vocabularySize(), limits);
        long tokens = datasets.stream()
                .flatMap(dataset -> dataset.train().stream())
                .mapToLong(Dataset.Shard::tokens)
                .sum();
        return ChosenTraining.of(checked.config(), asked, tokens, limits);
    }

    private static Checked check(ModelSpec model, TrainingSpec training, int vocabularySize, Limits limits) {
        DecoderConfig config = config(model, vocabularySize, limits);
        checkSchedule(training);
        checkPolicy(training.policy());
        require("training.batch", training.batch(), 1, MAX_BATCH);
        TrainingOptions options = options(training);
        long stepTokens = (long) training.batch() * model.block();
        refuseUnless(
                stepTokens <= limits.stepTokens(),
                "training.batch: %d times model.block %d is %d tokens a step (expected: at most %d)",
                training.batch(),
                model.block(),
                stepTokens,
                limits.stepTokens());
        Parallelism parallelism = training.parallelism();
        // Of each worker, as many as there are times the parts.
        int parts = training.accumulation() * parallelism.workers();
        int rows = training.batch() / parts;
        long tokens = (long) rows * model.block();
        refuseUnless(
                tokens <= limits.stepLogits() / vocabularySize,
                "training.batch: %d times model.block %d times the vocabulary of %d is more than %d numbers in each of %d parts"
                        + " (expected: at most that)",
                training.batch(),
                model.block(),
                vocabularySize,
                limits.stepLogits(),
                parts);
        // Divided rather than multiplied: the product of five numbers can be more than a long holds.
        refuseUnless(
                tokens * model.heads() <= limits.stepScores() / model.layers() / model.block(),
                "model.block: %d squared times training.batch %d times model.heads %d times model.layers %d is more than %d"
                        + " numbers of attention in each of %d parts (expected: at most that)",
                model.block(),
                training.batch(),
                model.heads(),
                model.layers(),
                limits.stepScores(),
                parts);
        long planned = parallelism.memory(config, training.batch(), options).process();
        if (planned > limits.memoryOf(parallelism)) {
            throw TrainingReason.JOB_TOO_LARGE.because(
                    "training.batch: %d sequences of %d tokens, %d at a time, take %d bytes of memory (expected: at most %d;"
                            + " %s)",
                    training.batch(),
                    model.block(),
                    rows,
                    planned,
                    limits.memoryOf(parallelism),
                    whatFits(config, options, parallelism, rows, limits));
        }
        return new Checked(config, options, planned);
    }

    /** What to do about a job that takes too much memory. */
    private static String whatFits(
            DecoderConfig config, TrainingOptions options, Parallelism parallelism, int rows, Limits limits) {
        int fits = maxPart(config, options, parallelism, rows, limits);
        if (fits > 0) {
            return "what fits is %d at a time, by a smaller training.batch or a larger training.accumulation"
                    .formatted(fits);
        }
        TrainingOptions saving = options.with(Recompute.BLOCKS);
        String one = parallelism.devices() == 1 ? "one sequence" : "one sequence on each device";
        return options.recompute() != saving.recompute()
                        && maxPart(config, saving, parallelism, parallelism.devices(), limits) > 0
                ? one + " fits with training.recompute blocks"
                : "not even %s fits beside the weights, moments and gradients of %d parameters: together %d"
                        .formatted(
                                one,
                                config.parameterCount(),
                                parallelism
                                        .memory(config, parallelism.size(), options.withAccumulation(1))
                                        .process());
    }

    /** The maximum of rows of a worker's part, up to {@code max}, that the memory has room for; 0 where not even one fits. */
    private static int maxPart(
            DecoderConfig config, TrainingOptions options, Parallelism parallelism, int max, Limits limits) {
        int fits = 0;
        int tooMany = max / parallelism.devices() + 1;
        while (tooMany - fits > 1) {
            int rows = (fits + tooMany) >>> 1; // of a device
            // With parts, gradients are added up, which takes room too.
            TrainingOptions parts = options.withAccumulation(2);
            if (parallelism.memory(config, 2 * rows * parallelism.size(), parts).process()
                    <= limits.memoryOf(parallelism)) {
                fits = rows;
            } else {
                tooMany = rows;
            }
        }
        return fits * parallelism.devices();
    }

    private static Mixture mixture(BatchOrder train, ModelSpec model, TrainingSpec training, List<Dataset> datasets) {
        DataMix mix = training.mix();
        requireWeight("training.weight", mix.weight());
        require("training.mix", mix.others().size(), 0, MAX_MIXED);
        List<BatchOrder> orders = new ArrayList<>(List.of(train));
        List<Double> weights = new ArrayList<>(List.of(mix.weight()));
        for (int i = 0; i < mix.others().size(); i++) {
            String field = "training.mix[%d]".formatted(i);
            requireWeight(field + ".weight", mix.others().get(i).weight());
            Dataset other = datasets.get(i + 1);
            if (!other.tokenizerSha256().equals(datasets.get(0).tokenizerSha256())) {
                throw TrainingReason.TOKENIZER_MISMATCH.because(
                        "%s: %s was made with tokenizer %s (expected: %s, as %s was)",
                        field,
                        other.name(),
                        other.tokenizerSha256(),
                        datasets.get(0).tokenizerSha256(),
                        datasets.get(0).name());
            }
            // Another seed each, or equal datasets would come in step.
            orders.add(order(
                    other.name() + ": train", other.train(), model.block(), training.batch(), training.seed() + i + 1));
            weights.add(mix.others().get(i).weight());
        }
        return refusing("training.mix", () -> new Mixture(orders, weights, training.seed()));
    }

    private static void requireWeight(String field, double weight) {
        requireReal(field, weight, weight > 0 && weight <= MAX_WEIGHT, "> 0, <= " + MAX_WEIGHT);
    }

    private static void checkPolicy(TrainingPolicy policy) {
        require("training.early_stop", policy.earlyStop(), 0, Integer.MAX_VALUE);
        require("training.keep_checkpoints", policy.keepCheckpoints(), 0, Integer.MAX_VALUE);
        requireReal(
                "training.spike_factor",
                policy.spikeFactor(),
                policy.spikeFactor() == 0 || policy.spikeFactor() > 1 && policy.spikeFactor() <= MAX_SPIKE_FACTOR,
                "0 for none, or > 1, <= " + MAX_SPIKE_FACTOR);
    }

    private static DecoderConfig config(ModelSpec model, int vocabularySize, Limits limits) {
        require("model.layers", model.layers(), 1, MAX_LAYERS);
        require("model.width", model.width(), 1, MAX_WIDTH);
        require("model.heads", model.heads(), 1, model.width());
        require("model.block", model.block(), 1, MAX_BLOCK);
        refuseUnless(
                model.width() % model.heads() == 0,
                "model.heads: %d (expected: a divisor of model.width, which is %d)",
                model.heads(),
                model.width());
        DecoderConfig config = refusing("model", () -> shape(model, vocabularySize));
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
            refuseLlamasOwn("intermediate", model.intermediate() != 0, model.intermediate());
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
                model.intermediate() == 0 ? LlamaConfig.usualInnerWidth(model.width()) : model.intermediate(),
                LlamaConfig.LLAMA_NORM_EPSILON,
                LlamaConfig.LLAMA_ROPE_THETA,
                !model.ownHead());
    }

    private static void refuseLlamasOwn(String field, boolean set, Object found) {
        refuseUnless(!set, "model.%s: %s (expected: nothing, but for the family LLAMA)", field, found);
    }

    private static void checkSchedule(TrainingSpec training) {
        require("training.steps", training.steps(), 1, MAX_STEPS);
        require("training.warmup_steps", training.warmupSteps(), 0, training.steps() - 1);
        require("training.validate_every", training.validateEvery(), 1, MAX_STEPS);
        require("training.validation_batches", training.validationBatches(), 1, MAX_BATCH);
        require("training.checkpoint_every", training.checkpointEvery(), 1, MAX_STEPS);
        requireReal(
                "training.learning_rate",
                training.learningRate(),
                training.learningRate() >= Float.MIN_NORMAL && training.learningRate() <= MAX_LEARNING_RATE,
                "> 0, <= " + MAX_LEARNING_RATE);
        requireReal(
                "training.min_learning_rate",
                training.minLearningRate(),
                training.minLearningRate() >= 0 && training.minLearningRate() <= training.learningRate(),
                ">= 0, <= training.learning_rate, which is " + training.learningRate());
        requireReal(
                "training.weight_decay",
                training.weightDecay(),
                training.weightDecay() >= 0 && training.weightDecay() <= MAX_WEIGHT_DECAY,
                ">= 0, <= " + MAX_WEIGHT_DECAY);
        requireReal(
                "training.beta1", training.beta1(), training.beta1() >= 0 && (float) training.beta1() < 1, ">= 0, < 1");
        requireReal(
                "training.beta2", training.beta2(), training.beta2() >= 0 && (float) training.beta2() < 1, ">= 0, < 1");
        requireReal(
                "training.gradient_clip",
                training.gradientClip(),
                training.gradientClip() == 0
                        || training.gradientClip() >= Float.MIN_NORMAL && training.gradientClip() <= MAX_GRADIENT_CLIP,
                "0 for none, or <= " + MAX_GRADIENT_CLIP);
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
        Parallelism parallelism = training.parallelism();
        int part = training.batch() / training.accumulation();
        refuseUnless(
                part % parallelism.size() == 0,
                "training.devices: %d times training.workers %d (expected: a divisor of %d, training.batch over"
                        + " training.accumulation)",
                parallelism.devices(),
                parallelism.workers(),
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
        long maxTokens = shards.stream().mapToLong(Dataset.Shard::tokens).max().orElse(0);
        refuseUnless(
                maxTokens > block,
                "model.block: %d (expected: < %d, the tokens of the dataset's largest %s shard)",
                block,
                maxTokens,
                split);
        return new BatchOrder(shards.stream().map(Dataset.Shard::tokens).toList(), block, batch, seed);
    }

    static void require(String field, long value, long min, long max) {
        refuseUnless(value >= min && value <= max, "%s: %d (expected: %d to %d)", field, value, min, max);
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
