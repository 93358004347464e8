package io.maru.training.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.Manifest;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.data.Mixture;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.Decay;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingPlanTest {
    private static final ModelSpec MODEL = new ModelSpec(4, 4, 128, 64);
    private static final Limits LIMITS = new Limits(10_000_000, 100_000, 25_000_000, 100_000_000, 2L << 30);

    @Test
    void acceptsTheSmallShape() {
        TrainingPlan plan = plan("", "");

        // V C + T C embeddings, 12 C^2 + 13 C in each layer, 2 C at the end.
        assertThat(plan.config().parameterCount()).isEqualTo(932_608);
        assertThat(plan.task().adamW().clipNorm()).isEqualTo(1f);
        assertThat(plan.train().windowsPerEpoch()).isEqualTo(2 * (10_000 - 1) / 64);
        // 7 windows of validation make no whole batch of 12, so one batch repeats some.
        assertThat(plan.validationBatches()).isEqualTo(1);
    }

    @Test
    void readsAClipOfZeroAsNone() {
        assertThat(plan("gradientClip", "0").task().adamW().clipNorm()).isEqualTo(Float.MAX_VALUE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "heads | 3 | model.heads: 3 (expected: a divisor of model.width, 128)",
                "width | 32768 | model: transformer.h.0.attn.c_attn.weight: 3221225472 elements (expected: at most",
                "width | 1024 | model: 51501056 parameters (expected: at most 10000000)",
                "block | 500 | model.block: 500 (expected: < 500, the tokens of the dataset's largest validation shard)",
                "block | 10000 | batch: 12 times model.block 10000 is 120000 tokens a step (expected: at most 100000)",
                "block | 2000 | model.block: 2000 squared times batch 12 times model.heads 4 times model.layers 4",
                "batch | 60000 | batch: 60000 times model.block 64 is 3840000 tokens a step (expected: at most",
                "batch | 1560 | batch: 1560 times model.block 64 times the vocabulary of 1024",
                "minLearningRate | 0.5 | minLearningRate: 0.5 (expected: at most learningRate, 0.001)",
                "warmupSteps | 2000 | warmupSteps: 2000 (expected: less than steps, 2000)",
                "accumulation | 5 | accumulation: 5 (expected: a divisor of batch, 12)",
                "accumulation | 0 | accumulation: auto (expected: a number, unless batch is auto too)",
                "devices | 2 | devices: 2 times workers, 1 (expected: a divisor of 3, batch over accumulation)",
                "workers | 2 | devices: 1 times workers, 2 (expected: a divisor of 3, batch over accumulation)",
                "spikeFactor | 0.9 | spikeFactor: 0.9 (expected: 0 for none, or above 1)",
                "gradientClip | 1e-300 | gradientClip: 1.0E-300 (expected: 0 for none, or at least",
            })
    void refusesWhatDoesNotFitWithFieldFoundAndExpected(String field, String value, String message) {
        assertThatThrownBy(() -> plan(field, value))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(CommonReason.INVALID_SPEC))
                .hasMessageContaining(message);
    }

    @Test
    void plansALlama() {
        TrainingSpec spec = spec(new Numbers("", ""));
        ModelSpec model = llama(2);
        assertThat(TrainingPlan.of(spec.with(model), dataset(), LIMITS).config())
                .isEqualTo(new LlamaConfig(1024, 64, 4, 4, 2, 128, 32, 352, 1e-5f, 10_000, false));
        assertThat(ModelSpec.of(model.config(1024))).isEqualTo(model.complete());
        assertThatThrownBy(() -> TrainingPlan.of(spec.with(llama(3)), dataset(), LIMITS))
                .hasMessage("model.keyValueHeads: 3 (expected: a divisor of model.heads, 4)");
        ModelSpec both = new ModelSpec(4, 4, 128, 64, ModelSpec.Family.GPT2, 2, TrainingSpec.FOLLOWS, false);
        assertThatThrownBy(() -> TrainingPlan.of(spec.with(both), dataset(), LIMITS))
                .hasMessage("model.keyValueHeads: 2 (expected: none, but for the family llama)");
    }

    private static ModelSpec llama(int keyValueHeads) {
        return new ModelSpec(4, 4, 128, 64, ModelSpec.Family.LLAMA, keyValueHeads, TrainingSpec.FOLLOWS, true);
    }

    @Test
    void tellsAllThatDoesNotFitAtOnce() {
        TrainingSpec wrong = spec(new Numbers("heads", "3")).with(Map.of("warmupSteps", 2000, "accumulation", 5));
        Violations known = new Violations();
        known.add("beta1", "2", "0 to 0.999999");

        assertThatThrownBy(() -> TrainingPlan.checkOpen(wrong, false, Optional.empty(), 0, LIMITS, known))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.violations())
                        .extracting(Violation::path)
                        .containsExactlyInAnyOrder("beta1", "model.heads", "warmupSteps", "accumulation"));
    }

    @Test
    void looksAtNoRuleOfAFieldThatIsWrongByItself() {
        TrainingSpec wrong = spec(new Numbers("heads", "-3"));
        Violations known = new Violations();
        known.add("model.heads", "-3", "1 to 32768");

        assertThatThrownBy(() -> TrainingPlan.checkOpen(wrong, false, Optional.empty(), 0, LIMITS, known))
                .hasMessage("model.heads: -3 (expected: 1 to 32768)");
    }

    @Test
    void takesABatchInTokens() {
        TrainingSpec spec = spec(new Numbers("", ""))
                .with(Map.of("batch", TrainingSpec.FOLLOWS, "batchTokens", 512, "steps", 10, "warmupSteps", 0));
        assertThat(choose(spec).batch()).isEqualTo(8);
        assertThatThrownBy(() -> choose(spec.with(Map.of("batchTokens", 500))))
                .hasMessage("batchTokens: 500 (expected: a multiple of model.block, 64)");
        assertThatThrownBy(() -> choose(spec.with(Map.of("batch", 12))))
                .hasMessage("batchTokens: 512 beside batch 12 (expected: one of the two)");
    }

    @Test
    void takesTheShapeOfTheFirstWeights() {
        TrainingSpec open = spec(new Numbers("", "")).with(ModelSpec.OF_INIT);
        DecoderConfig init = new GptConfig(1024, 64, 2, 4, 64);

        TrainingSpec chosen = TrainingPlan.choose(open, Optional.of(init), List.of(dataset()), LIMITS, new Violations())
                .spec();
        assertThat(chosen.model()).isEqualTo(new ModelSpec(2, 4, 64, 64));
        assertThat(TrainingPlan.of(chosen, Optional.of(init), List.of(dataset()), LIMITS)
                        .config())
                .isEqualTo(init);
        assertThatThrownBy(() -> choose(open))
                .hasMessage("model: missing (expected: a shape, or init, whose shape is taken)");
        assertThatThrownBy(() -> TrainingPlan.choose(
                        open.with(MODEL), Optional.of(init), List.of(dataset()), LIMITS, new Violations()))
                .hasMessageStartingWith("model: another shape than that of init (expected: none, or ");
        // It is still to come.
        assertThat(TrainingPlan.checkOpen(open, true, Optional.empty(), 0, LIMITS, new Violations()))
                .isEmpty();
    }

    private static TrainingSpec choose(TrainingSpec spec) {
        return TrainingPlan.choose(spec, Optional.empty(), List.of(dataset()), LIMITS, new Violations())
                .spec();
    }

    @Test
    void mixesOnlyWhatWasMadeWithTheSameTokenizer() {
        TrainingSpec mixed = mixed(0.25, 0.75);
        Dataset other = dataset("datasets/b", "0".repeat(64));

        Mixture mixture = TrainingPlan.of(mixed, Optional.empty(), List.of(dataset(), other), LIMITS)
                .mixture();
        long others = LongStream.range(0, 4096 / 4)
                .boxed()
                .flatMap(step -> mixture.batch(step).stream())
                .filter(row -> row.source() == 1)
                .count();
        assertThat(others).isEqualTo(3 * 12 * 4096 / 4 / 4);

        assertThatThrownBy(() -> TrainingPlan.of(
                        mixed, Optional.empty(), List.of(dataset(), dataset("datasets/b", "1".repeat(64))), LIMITS))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.TOKENIZER_MISMATCH))
                .hasMessage("mix[0]: datasets/b was made with tokenizer %s (expected: %s, as datasets/a was)"
                        .formatted("1".repeat(64), "0".repeat(64)));
        assertThatThrownBy(() -> TrainingPlan.of(mixed(1, 1e-5), Optional.empty(), List.of(dataset(), other), LIMITS))
                .hasMessage("mix: weight: 1.0E-5 of 1.00001 altogether (expected: at least one part in 4096)");
    }

    private static TrainingSpec mixed(double own, double other) {
        return spec(new Numbers("", ""))
                .with(Map.of("weight", own, "mix", List.of(new DatasetShare("datasets/b", other))));
    }

    @Test
    void refusesADatasetThatIsShorterThanABlock() {
        Dataset whole = dataset();
        Dataset brief = new Dataset(
                whole.name(),
                whole.sha256(),
                whole.tokenizerSha256(),
                whole.vocabularySize(),
                whole.tokenizer(),
                whole.tokenizerConfig(),
                List.of(new Dataset.Shard(whole.tokenizer(), 64), new Dataset.Shard(whole.tokenizer(), 64)),
                whole.validation());
        assertThatThrownBy(() -> TrainingPlan.of(spec(new Numbers("", "")), brief, LIMITS))
                .hasMessage("model.block: 64 (expected: < 64, the tokens of the dataset's largest train shard)");
    }

    private static TrainingPlan plan(String field, String value) {
        return TrainingPlan.of(spec(new Numbers(field, value)), dataset(), LIMITS);
    }

    private static TrainingSpec spec(Numbers of) {
        ModelSpec model = new ModelSpec(
                of.integer("layers", 4), of.integer("heads", 4), of.integer("width", 128), of.integer("block", 64));
        return Specs.spec(model, 2000, 12, 1e-3, 1e-4, 100, 0.1, 0.9, 0.99, 1, 1337, 100, 20, 500)
                .with(Map.of(
                        "batch", of.integer("batch", 12),
                        "minLearningRate", of.real("minLearningRate", 1e-4),
                        "warmupSteps", of.integer("warmupSteps", 100),
                        "gradientClip", of.real("gradientClip", 1),
                        "spikeFactor", of.real("spikeFactor", 0),
                        "dropout", 0.1,
                        "accumulation", of.integer("accumulation", 4),
                        "devices", of.integer("devices", 1),
                        "workers", of.integer("workers", 1)))
                .with(Map.of("schedule", Decay.LINEAR, "precision", Precision.BFLOAT16, "recompute", Recompute.BLOCKS));
    }

    private record Numbers(String field, String value) {
        int integer(String name, int usual) {
            return name.equals(field) ? Integer.parseInt(value) : usual;
        }

        double real(String name, double usual) {
            return name.equals(field) ? Double.parseDouble(value) : usual;
        }
    }

    @Test
    void refusesWhatTakesMoreMemoryThanThereIsAndTellsWhatFits() {
        TrainingSpec training = Specs.spec(MODEL, 2000, 96, 1e-3, 0, 0, 0, 0.9, 0.99, 1, 1, 1, 1, 1);
        long planned = TrainingPlan.of(training, dataset(), LIMITS).plannedBytes();
        Limits tight = limits(planned - 1);

        assertThatThrownBy(() -> TrainingPlan.of(training, dataset(), tight))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(TrainingReason.JOB_TOO_LARGE))
                .hasMessageMatching(String.format(
                        Locale.ROOT,
                        "batch: 96 sequences of 64 tokens, 96 at a time, take %d bytes of memory \\(expected: at most %d; what fits is (9[0-5]|8\\d) at a time, by a smaller batch or a larger accumulation\\)",
                        planned,
                        planned - 1));
        assertThat(TrainingPlan.of(training.withBatch(96, 2), dataset(), tight).plannedBytes())
                .isLessThan(planned);
        assertThatThrownBy(() -> TrainingPlan.of(training, dataset(), limits(1)))
                .hasMessageContaining(
                        "not even one sequence fits beside the weights, moments and gradients of 932608 parameters");
    }

    @Test
    void countsTheMemoryOfOneWorkerOnAllItsDevices() {
        TrainingSpec training = Specs.spec(MODEL, 2000, 96, 1e-3, 0, 0, 0, 0.9, 0.99, 1, 1, 1, 1, 1);
        TrainingSpec twoWorkers = training.with(new Parallelism(1, 2));
        TrainingSpec twoDevices = training.with(new Parallelism(2, 1));
        long one = TrainingPlan.of(training, dataset(), LIMITS).plannedBytes();
        long each = TrainingPlan.of(twoWorkers, dataset(), LIMITS).plannedBytes();
        long both = TrainingPlan.of(twoDevices, dataset(), LIMITS).plannedBytes();
        assertThat(each).isLessThan(one);
        assertThat(both).isGreaterThan(one);

        Limits ofTheMachine = limits(both - 1);
        assertThatThrownBy(() -> TrainingPlan.of(twoDevices, dataset(), ofTheMachine))
                .hasMessageContaining(
                        "96 at a time, take " + both + " bytes of memory (expected: at most " + (both - 1));
        Limits ofEachGpu = new Limits(
                LIMITS.parameters(), LIMITS.stepTokens(), LIMITS.stepLogits(), LIMITS.stepScores(), both / 2 + 1, true);
        assertThat(TrainingPlan.of(twoDevices, dataset(), ofEachGpu).plannedBytes())
                .isEqualTo(both);
    }

    @Test
    void checksAnOpenTrainingBeforeThereIsADataset() {
        TrainingSpec open = Specs.spec(MODEL, 0, 0, 0, -1, -1, 0.1, 0.9, 0.99, 1, 1, 1, 1, 1)
                .withBatch(0, 0);

        assertThat(TrainingPlan.checkOpen(open, false, Optional.empty(), 1024, LIMITS, new Violations())
                        .orElseThrow()
                        .config()
                        .parameterCount())
                .isEqualTo(932_608);
        assertThatThrownBy(() -> TrainingPlan.checkOpen(
                        open.with(new ModelSpec(4, 4, 128, 60_000)),
                        false,
                        Optional.empty(),
                        300,
                        LIMITS,
                        new Violations()))
                .hasMessageStartingWith("model.block: 60000 squared times batch 1");
    }

    @Test
    void choosesForAllThatIsMixed() {
        TrainingSpec open = Specs.spec(MODEL, 0, 2, 1e-3, 0, 0, 0.1, 0.9, 0.99, 1, 1, 1, 1, 1);
        TrainingSpec mixed = open.with(Map.of("mix", List.of(new DatasetShare("datasets/b", 1))));

        // Four times the 20,000 tokens of each dataset, in steps of 2 x 64.
        assertThat(choose(open).steps()).isEqualTo(625);
        TrainingSpec chosen = TrainingPlan.choose(
                        mixed,
                        Optional.empty(),
                        List.of(dataset(), dataset("datasets/b", "0".repeat(64))),
                        LIMITS,
                        new Violations())
                .spec();
        assertThat(chosen.steps()).isEqualTo(1250);
        assertThat(chosen.mix()).isEqualTo(mixed.mix());
    }

    private static Limits limits(long memory) {
        return new Limits(LIMITS.parameters(), LIMITS.stepTokens(), LIMITS.stepLogits(), LIMITS.stepScores(), memory);
    }

    private static Dataset dataset() {
        return dataset("datasets/a", "0".repeat(64));
    }

    private static Dataset dataset(String name, String tokenizerSha256) {
        return dataset(name, tokenizerSha256, 1024, 10_000);
    }

    static Dataset dataset(int vocabulary, long tokens) {
        return dataset("datasets/a", "0".repeat(64), vocabulary, tokens);
    }

    private static Dataset dataset(String name, String tokenizerSha256, int vocabulary, long tokens) {
        String sha256 = "0".repeat(64);
        Manifest.Entry entry = new Manifest.Entry("x", 1, sha256, Map.of());
        return new Dataset(
                name,
                sha256,
                tokenizerSha256,
                vocabulary,
                entry,
                entry,
                List.of(new Dataset.Shard(entry, tokens), new Dataset.Shard(entry, tokens)),
                List.of(new Dataset.Shard(entry, tokens / 20), new Dataset.Shard(entry, 60)));
    }
}
