package io.maru.training.domain;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.data.BatchOrder;
import io.maru.model.data.Mixture;
import io.maru.model.layer.Recompute;
import io.maru.model.training.LearningRate;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.error.Violations;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A job whose numbers fit each other, the dataset and this machine. Nothing is allocated for a number before it was
 * checked here.
 *
 * @param task what is learnt
 * @param options how a step is computed
 * @param train which tokens of the own dataset come in which order
 * @param mixture which tokens of all datasets a step sees
 * @param validation the fixed batches that every validation is made over
 * @param validationBatches how many of them
 * @param plannedBytes of the process that trains
 */
public record TrainingPlan(
        TrainingTask task,
        TrainingOptions options,
        LearningRate learningRate,
        BatchOrder train,
        Mixture mixture,
        BatchOrder validation,
        int validationBatches,
        long plannedBytes) {
    /** The same for every run, so that validation losses of different seeds are over the same tokens. */
    private static final long VALIDATION_SEED = 0;
    /** Stands for a vocabulary that is not known: bytes and an end, the fewest tokens that a tokenizer has. */
    private static final int SMALLEST_VOCABULARY = 257;

    /** The shape of what is trained. */
    public DecoderConfig config() {
        return task.model();
    }

    /** {@link #of(TrainingSpec, Optional, List, Limits)} of a single dataset, from a seed. */
    public static TrainingPlan of(TrainingSpec spec, Dataset dataset, Limits limits) {
        return of(spec, Optional.empty(), List.of(dataset), limits);
    }

    /**
     * @param spec with nothing left open
     * @param init the configuration of the first weights, where they come from somewhere
     * @param datasets the job's own, and then those of its mix
     * @throws Refusal INVALID_SPEC, JOB_TOO_LARGE or TOKENIZER_MISMATCH with the fields, what was found and what was
     *     expected
     */
    public static TrainingPlan of(
            TrainingSpec spec, Optional<DecoderConfig> init, List<Dataset> datasets, Limits limits) {
        Dataset dataset = datasets.get(0);
        Violations violations = new Violations();
        new SpecRules(spec, violations).check(init.isPresent(), init.map(ModelSpec::of));
        violations.throwIfAny(CommonReason.INVALID_SPEC);
        Checked checked = fit(spec, init, dataset.vocabularySize(), limits);
        int block = checked.config().block();
        BatchOrder train = order("train", dataset.train(), block, spec.batch(), spec.seed());
        BatchOrder validation = order("validation", dataset.validation(), block, spec.batch(), VALIDATION_SEED);
        long wholeBatches = Math.max(1, validation.windowsPerEpoch() / spec.batch());
        return new TrainingPlan(
                spec.task(checked.config()),
                checked.options(),
                spec.learningRates(),
                train,
                mixture(train, block, spec, datasets),
                validation,
                (int) Math.min(spec.validationBatches(), wholeBatches),
                checked.plannedBytes());
    }

    /**
     * What can be told of a job without its dataset.
     *
     * @param plannedBytes of the process that trains
     */
    public record Checked(DecoderConfig config, TrainingOptions options, long plannedBytes) {}

    /**
     * Checks a spec for which nothing was chosen yet, as far as that goes without a dataset.
     *
     * @param hasInit whether the first weights come from somewhere
     * @param init their configuration, where it is known
     * @param vocabularySize 0 where it is not known
     * @param found what is known to be wrong with the spec by now
     * @return empty where the shape is not known
     * @throws Refusal as {@link #of}, with all that is wrong
     */
    public static Optional<Checked> checkOpen(
            TrainingSpec asked,
            boolean hasInit,
            Optional<DecoderConfig> init,
            int vocabularySize,
            Limits limits,
            Violations found) {
        new SpecRules(asked, found).check(hasInit, init.map(ModelSpec::of));
        found.throwIfAny(CommonReason.INVALID_SPEC);
        TrainingSpec shaped = shaped(asked, init);
        if (shaped.model().equals(ModelSpec.OF_INIT)) {
            return Optional.empty();
        }
        int vocabulary = vocabularySize == 0 ? SMALLEST_VOCABULARY : vocabularySize;
        return Optional.of(fit(ChosenTraining.smallest(shaped), init, vocabulary, limits));
    }

    /**
     * A request's training with nothing left open, chosen for its datasets; {@link #of} checks what was chosen.
     *
     * @param init the configuration of the first weights, where they come from somewhere
     * @param datasets the job's own, and then those of its mix
     * @param found what is known to be wrong with the spec by now
     * @throws Refusal as {@link #of}
     */
    public static ChosenTraining choose(
            TrainingSpec asked, Optional<DecoderConfig> init, List<Dataset> datasets, Limits limits, Violations found) {
        Checked checked = checkOpen(
                        asked, init.isPresent(), init, datasets.get(0).vocabularySize(), limits, found)
                .orElseThrow();
        long tokens = datasets.stream()
                .flatMap(dataset -> dataset.train().stream())
                .mapToLong(Dataset.Shard::tokens)
                .sum();
        return ChosenTraining.of(checked.config(), shaped(asked, init), tokens, limits);
    }

    /** With the shape of the first weights, where it was left to them. */
    private static TrainingSpec shaped(TrainingSpec asked, Optional<DecoderConfig> init) {
        return asked.model().equals(ModelSpec.OF_INIT) && init.isPresent()
                ? asked.with(ModelSpec.of(init.get()))
                : asked;
    }

    /** Checks a spec whose fields fit each other against what this machine takes on. */
    private static Checked fit(TrainingSpec spec, Optional<DecoderConfig> init, int vocabularySize, Limits limits) {
        Violations violations = new Violations();
        Optional<DecoderConfig> config =
                init.isPresent() ? init : SpecRules.config(spec.model(), vocabularySize, violations);
        violations.throwIfAny(CommonReason.INVALID_SPEC);
        TrainingOptions options = spec.options();
        checkLimits(spec, config.get(), limits, violations);
        violations.throwIfAny(CommonReason.INVALID_SPEC);
        return new Checked(config.get(), options, planned(spec, config.get(), options, limits));
    }

    private static void checkLimits(TrainingSpec spec, DecoderConfig config, Limits limits, Violations violations) {
        if (config.parameterCount() > limits.parameters()) {
            violations.add("model", config.parameterCount() + " parameters", "at most " + limits.parameters());
        }
        int block = config.block();
        long stepTokens = (long) spec.batch() * block;
        if (stepTokens > limits.stepTokens()) {
            violations.add(
                    "batch",
                    String.format(
                            Locale.ROOT,
                            "%d times model.block %d is %d tokens a step",
                            spec.batch(),
                            block,
                            stepTokens),
                    "at most " + limits.stepTokens());
            return;
        }
        // Of each worker, as many as there are times the parts.
        int parts = spec.accumulation() * spec.parallelism().workers();
        long tokens = (long) (spec.batch() / parts) * block;
        if (tokens > limits.stepLogits() / config.vocabularySize()) {
            violations.add(
                    "batch",
                    String.format(
                            Locale.ROOT,
                            "%d times model.block %d times the vocabulary of %d in %d parts",
                            spec.batch(),
                            block,
                            config.vocabularySize(),
                            parts),
                    String.format(Locale.ROOT, "at most %d numbers in each part", limits.stepLogits()));
        }
        // Divided rather than multiplied: the product of five numbers can be more than a long holds.
        if (tokens * config.heads() > limits.stepScores() / config.layers() / block) {
            violations.add(
                    "model.block",
                    String.format(
                            Locale.ROOT,
                            "%d squared times batch %d times model.heads %d times model.layers %d in %d parts",
                            block,
                            spec.batch(),
                            config.heads(),
                            config.layers(),
                            parts),
                    String.format(Locale.ROOT, "at most %d numbers of attention in each part", limits.stepScores()));
        }
    }

    private static long planned(TrainingSpec spec, DecoderConfig config, TrainingOptions options, Limits limits) {
        Parallelism parallelism = spec.parallelism();
        int rows = spec.batch() / spec.accumulation() / parallelism.workers();
        long planned = parallelism.memory(config, spec.batch(), options).process();
        if (planned > limits.memoryOf(parallelism)) {
            Violations violations = new Violations();
            violations.add(
                    "batch",
                    String.format(
                            Locale.ROOT,
                            "%d sequences of %d tokens, %d at a time, take %d bytes of memory",
                            spec.batch(),
                            config.block(),
                            rows,
                            planned),
                    String.format(
                            Locale.ROOT,
                            "at most %d; %s",
                            limits.memoryOf(parallelism),
                            whatFits(config, options, parallelism, rows, limits)));
            violations.throwIfAny(TrainingReason.JOB_TOO_LARGE);
        }
        return planned;
    }

    /** What to do about a job that takes too much memory. */
    private static String whatFits(
            DecoderConfig config, TrainingOptions options, Parallelism parallelism, int rows, Limits limits) {
        int fits = maxPart(config, options, parallelism, rows, limits);
        if (fits > 0) {
            return String.format(
                    Locale.ROOT, "what fits is %d at a time, by a smaller batch or a larger accumulation", fits);
        }
        TrainingOptions saving = options.with(Recompute.BLOCKS);
        String one = parallelism.devices() == 1 ? "one sequence" : "one sequence on each device";
        return options.recompute() != saving.recompute()
                        && maxPart(config, saving, parallelism, parallelism.devices(), limits) > 0
                ? one + " fits with recompute blocks"
                : String.format(
                        Locale.ROOT,
                        "not even %s fits beside the weights, moments and gradients of %d parameters: together %d",
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

    /**
     * Which tokens of all datasets each step of a job sees.
     *
     * @param spec with nothing left open
     * @param datasets the job's own, and then those of its mix
     */
    public static Mixture mixture(TrainingSpec spec, List<Dataset> datasets) {
        int block = spec.model().block();
        return mixture(
                order("train", datasets.get(0).train(), block, spec.batch(), spec.seed()), block, spec, datasets);
    }

    private static Mixture mixture(BatchOrder train, int block, TrainingSpec spec, List<Dataset> datasets) {
        List<BatchOrder> orders = new ArrayList<>(List.of(train));
        List<Double> weights = new ArrayList<>(List.of(spec.weight()));
        for (int i = 0; i < spec.mix().size(); i++) {
            Dataset other = datasets.get(i + 1);
            if (!other.tokenizerSha256().equals(datasets.get(0).tokenizerSha256())) {
                throw TrainingReason.TOKENIZER_MISMATCH.because(
                        "mix[%d]: %s was made with tokenizer %s (expected: %s, as %s was)",
                        i,
                        other.name(),
                        other.tokenizerSha256(),
                        datasets.get(0).tokenizerSha256(),
                        datasets.get(0).name());
            }
            // Another seed each, or equal datasets would come in step.
            orders.add(order(other.name() + ": train", other.train(), block, spec.batch(), spec.seed() + i + 1));
            weights.add(spec.mix().get(i).weight());
        }
        try {
            return new Mixture(orders, weights, spec.seed());
        } catch (IllegalArgumentException e) {
            throw new Refusal(CommonReason.INVALID_SPEC, "mix: " + e.getMessage(), e);
        }
    }

    private static BatchOrder order(String split, List<Dataset.Shard> shards, int block, int batch, long seed) {
        long maxTokens = shards.stream().mapToLong(Dataset.Shard::tokens).max().orElse(0);
        if (maxTokens <= block) {
            Violations violations = new Violations();
            violations.add(
                    "model.block",
                    Integer.toString(block),
                    String.format(Locale.ROOT, "< %d, the tokens of the dataset's largest %s shard", maxTokens, split));
            violations.throwIfAny(CommonReason.INVALID_SPEC);
        }
        return new BatchOrder(shards.stream().map(Dataset.Shard::tokens).toList(), block, batch, seed);
    }
}
