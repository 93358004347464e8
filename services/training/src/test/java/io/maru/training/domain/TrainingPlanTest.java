package io.maru.training.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.Manifest;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.data.Mixture;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.Decay;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.training.domain.TrainingPolicy.OnDivergence;
import java.util.List;
import java.util.Map;
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
        assertThat(plan.adamW().clipNorm()).isEqualTo(1f);
        assertThat(plan.train().windowsPerEpoch()).isEqualTo(2 * (10_000 - 1) / 64);
        // 7 windows of validation make no whole batch of 12, so one batch repeats some.
        assertThat(plan.validationBatches()).isEqualTo(1);
    }

    @Test
    void readsAClipOfZeroAsNone() {
        assertThat(plan("gradientClip", "0").adamW().clipNorm()).isEqualTo(Float.MAX_VALUE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "layers | 0 | model.layers: 0 (expected: 1 to",
                "layers | 2147483647 | model.layers: 2147483647 (expected: 1 to",
                "heads | 0 | model.heads: 0 (expected: 1 to 128)",
                "heads | 3 | model.heads: 3 (expected: a divisor of model.width, which is 128)",
                "width | -8 | model.width: -8 (expected: 1 to",
                "width | 32768 | model: transformer.h.0.attn.c_attn.weight: 3221225472 elements (expected: at most",
                "width | 1024 | model: 51501056 parameters (expected: at most 10000000)",
                "block | 0 | model.block: 0 (expected: 1 to",
                "block | 500 | model.block: 500 (expected: < 500, the tokens of the dataset's largest validation shard)",
                "block | 10000 | 120000 tokens a step (expected: at most 100000)",
                "steps | 0 | training.steps: 0 (expected: 1 to",
                "batch | 0 | training.batch: 0 (expected: 1 to",
                "batch | 60000 | training.batch: 60000 times model.block 64 is 3840000 tokens a step (expected: at most",
                "batch | 1560 | training.batch: 1560 times model.block 64 times the vocabulary of 1024",
                "learningRate | NaN | training.learning_rate: NaN (expected: finite, > 0",
                "learningRate | Infinity | training.learning_rate: Infinity (expected: finite, > 0",
                "learningRate | 0 | training.learning_rate: 0.0 (expected: finite, > 0",
                "learningRate | 1e-300 | training.learning_rate: 1.0E-300 (expected: finite, > 0",
                "learningRate | -1 | training.learning_rate: -1.0 (expected: finite, > 0",
                "minLearningRate | 0.5 | training.min_learning_rate: 0.5 (expected: finite, >= 0, <= training.learning_rate, which",
                "minLearningRate | NaN | training.min_learning_rate: NaN (expected",
                "block | 2000 | model.block: 2000 squared times training.batch 12 times model.heads 4 times model.layers 4 is more",
                "warmupSteps | 2000 | training.warmup_steps: 2000 (expected: 0 to 1999)",
                "warmupSteps | -1 | training.warmup_steps: -1 (expected: 0 to 1999)",
                "weightDecay | NaN | training.weight_decay: NaN (expected",
                "weightDecay | -0.1 | training.weight_decay: -0.1 (expected",
                "dropout | 1 | training.dropout: 1.0 (expected: finite, >= 0, < 1)",
                "accumulation | 5 | training.accumulation: 5 (expected: a divisor of training.batch, which is 12)",
                "accumulation | 0 | training.accumulation: 0 (expected: 1 to 12)",
                "devices | 2 | training.devices: 2 times training.workers 1 (expected: a divisor of 3, training.batch over",
                "workers | 2 | training.devices: 1 times training.workers 2 (expected: a divisor of 3, training.batch over",
                "devices | 65 | training.devices: 65 (expected: 1 to 64)",
                "workers | -1 | training.workers: -1 (expected: 1 to 1024)",
                "beta1 | 1 | training.beta1: 1.0 (expected: finite, >= 0, < 1)",
                "beta1 | 0.9999999999 | training.beta1: 0.9999999999 (expected: finite, >= 0, < 1)",
                "beta2 | -0.1 | training.beta2: -0.1 (expected: finite, >= 0, < 1)",
                "gradientClip | -1 | training.gradient_clip: -1.0 (expected: finite, 0 for none",
                "gradientClip | NaN | training.gradient_clip: NaN (expected: finite, 0 for none",
                "validateEvery | 0 | training.validate_every: 0 (expected: 1 to",
                "validationBatches | 0 | training.validation_batches: 0 (expected: 1 to",
                "checkpointEvery | 0 | training.checkpoint_every: 0 (expected: 1 to",
            })
    void refusesWhatDoesNotFitWithFieldFoundAndExpected(String field, String value, String message) {
        assertThatThrownBy(() -> plan(field, value))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(CommonReason.INVALID_ARGUMENT))
                .hasMessageContaining(message);
    }

    @Test
    void plansALlama() {
        TrainingSpec training = spec(new Numbers("", ""));
        ModelSpec model = new ModelSpec(4, 4, 128, 64, ModelSpec.Family.LLAMA, 2, 0, true);
        assertThat(TrainingPlan.of(model, training, dataset(), LIMITS).config())
                .isEqualTo(new LlamaConfig(1024, 64, 4, 4, 2, 128, 32, 352, 1e-5f, 10_000, false));
        assertThatThrownBy(() -> TrainingPlan.of(
                        new ModelSpec(4, 4, 128, 64, ModelSpec.Family.LLAMA, 3, 0, true), training, dataset(), LIMITS))
                .hasMessage("model: keyValueHeads: 3 (expected: a divisor of the 4 heads)");
        assertThatThrownBy(() -> TrainingPlan.of(
                        new ModelSpec(4, 4, 128, 64, ModelSpec.Family.GPT2, 2, 0, false), training, dataset(), LIMITS))
                .hasMessage("model.key_value_heads: 2 (expected: nothing, but for the family LLAMA)");
    }

    @Test
    void mixesOnlyWhatWasMadeWithTheSameTokenizer() {
        TrainingSpec mixed =
                spec(new Numbers("", "")).with(new DataMix(0.25, List.of(new DataMix.Share("datasets/b", 0.75))));
        Dataset other = dataset("datasets/b", "0".repeat(64));

        Mixture mixture =
                TrainingPlan.of(MODEL, mixed, List.of(dataset(), other), LIMITS).mixture();
        long others = LongStream.range(0, 4096 / 4)
                .boxed()
                .flatMap(step -> mixture.batch(step).stream())
                .filter(row -> row.source() == 1)
                .count();
        assertThat(others).isEqualTo(3 * 12 * 4096 / 4 / 4);

        assertThatThrownBy(() -> TrainingPlan.of(
                        MODEL, mixed, List.of(dataset(), dataset("datasets/b", "1".repeat(64))), LIMITS))
                .isInstanceOfSatisfying(Refusal.class, refusal -> assertThat(refusal.reason())
                        .isEqualTo(TrainingReason.TOKENIZER_MISMATCH))
                .hasMessage("training.mix[0]: datasets/b was made with tokenizer %s (expected: %s, as datasets/a was)"
                        .formatted("1".repeat(64), "0".repeat(64)));
        assertThatThrownBy(() -> TrainingPlan.of(
                        MODEL,
                        mixed.with(new DataMix(1, List.of(new DataMix.Share("datasets/b", -1)))),
                        List.of(dataset(), other),
                        LIMITS))
                .hasMessage("training.mix[0].weight: -1.0 (expected: finite, > 0, <= 1000000.0)");
        assertThatThrownBy(() -> TrainingPlan.of(
                        MODEL,
                        mixed.with(new DataMix(1, List.of(new DataMix.Share("datasets/b", 1e-5)))),
                        List.of(dataset(), other),
                        LIMITS))
                .hasMessage("training.mix: weight: 1.0E-5 of 1.00001 altogether (expected: at least one part in 4096)");
    }

    @Test
    void refusesAPolicyThatMakesNoSense() {
        TrainingSpec spec = spec(new Numbers("", ""));
        assertThatThrownBy(() -> TrainingPlan.of(
                        MODEL, spec.with(new TrainingPolicy(OnDivergence.PAUSE, 0.9, 0, 0)), dataset(), LIMITS))
                .hasMessage("training.spike_factor: 0.9 (expected: finite, 0 for none, or > 1, <= 1000000.0)");
        assertThatThrownBy(() -> TrainingPlan.of(
                        MODEL, spec.with(new TrainingPolicy(OnDivergence.PAUSE, 0, -1, 0)), dataset(), LIMITS))
                .hasMessageStartingWith("training.early_stop: -1 (expected: 0 to");
        assertThatThrownBy(() -> TrainingPlan.of(
                        MODEL, spec.with(new TrainingPolicy(OnDivergence.PAUSE, 0, 0, -1)), dataset(), LIMITS))
                .hasMessageStartingWith("training.keep_checkpoints: -1 (expected: 0 to");
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
        assertThatThrownBy(() -> TrainingPlan.of(MODEL, spec(new Numbers("", "")), brief, LIMITS))
                .hasMessage("model.block: 64 (expected: < 64, the tokens of the dataset's largest train shard)");
    }

    private static TrainingPlan plan(String field, String value) {
        Numbers of = new Numbers(field, value);
        ModelSpec model = new ModelSpec(
                of.integer("layers", 4), of.integer("heads", 4), of.integer("width", 128), of.integer("block", 64));
        return TrainingPlan.of(model, spec(of), dataset(), LIMITS);
    }

    private static TrainingSpec spec(Numbers of) {
        return new TrainingSpec(
                        of.integer("steps", 2000),
                        of.integer("batch", 12),
                        of.real("learningRate", 1e-3),
                        of.real("minLearningRate", 1e-4),
                        of.integer("warmupSteps", 100),
                        of.real("weightDecay", 0.1),
                        of.real("beta1", 0.9),
                        of.real("beta2", 0.99),
                        of.real("gradientClip", 1),
                        1337,
                        of.integer("validateEvery", 100),
                        of.integer("validationBatches", 20),
                        of.integer("checkpointEvery", 500),
                        Decay.LINEAR,
                        Precision.BFLOAT16,
                        Recompute.BLOCKS,
                        of.real("dropout", 0.1),
                        of.integer("accumulation", 4))
                .with(new Parallelism(of.integer("devices", 1), of.integer("workers", 1)));
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
        TrainingSpec training = new TrainingSpec(2000, 96, 1e-3, 0, 0, 0, 0.9, 0.99, 1, 1, 1, 1, 1);
        long planned = TrainingPlan.of(MODEL, training, dataset(), LIMITS).plannedBytes();
        Limits tight = limits(planned - 1);

        assertThatThrownBy(() -> TrainingPlan.of(MODEL, training, dataset(), tight))
                .isInstanceOfSatisfying(
                        Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(TrainingReason.JOB_TOO_LARGE))
                .hasMessageMatching(
                        "training.batch: 96 sequences of 64 tokens, 96 at a time, take %d bytes of memory \\(expected: at most %d; what fits is (9[0-5]|8\\d) at a time, by a smaller training.batch or a larger training.accumulation\\)"
                                .formatted(planned, planned - 1));
        assertThat(TrainingPlan.of(MODEL, training.withBatch(96, 2), dataset(), tight)
                        .plannedBytes())
                .isLessThan(planned);
        assertThatThrownBy(() -> TrainingPlan.of(MODEL, training, dataset(), limits(1)))
                .hasMessageContaining(
                        "not even one sequence fits beside the weights, moments and gradients of 932608 parameters");
    }

    @Test
    void countsTheMemoryOfOneWorkerOnAllItsDevices() {
        ModelSpec model = new ModelSpec(4, 4, 128, 64);
        TrainingSpec training = new TrainingSpec(2000, 96, 1e-3, 0, 0, 0, 0.9, 0.99, 1, 1, 1, 1, 1);
        TrainingSpec twoWorkers = training.with(new Parallelism(1, 2));
        TrainingSpec twoDevices = training.with(new Parallelism(2, 1));
        long one = TrainingPlan.of(model, training, dataset(), LIMITS).plannedBytes();
        long each = TrainingPlan.of(model, twoWorkers, dataset(), LIMITS).plannedBytes();
        long both = TrainingPlan.of(model, twoDevices, dataset(), LIMITS).plannedBytes();
        assertThat(each).isLessThan(one);
        assertThat(both).isGreaterThan(one);

        Limits ofTheMachine = limits(both - 1);
        assertThatThrownBy(() -> TrainingPlan.of(model, twoDevices, dataset(), ofTheMachine))
                .hasMessageContaining(
                        "96 at a time, take " + both + " bytes of memory (expected: at most " + (both - 1));
        Limits ofEachGpu = new Limits(
                LIMITS.parameters(), LIMITS.stepTokens(), LIMITS.stepLogits(), LIMITS.stepScores(), both / 2 + 1, true);
        assertThat(TrainingPlan.of(model, twoDevices, dataset(), ofEachGpu).plannedBytes())
                .isEqualTo(both);
    }

    @Test
    void checksAnOpenTrainingBeforeThereIsADataset() {
        TrainingSpec open = new TrainingSpec(0, 0, 0, -1, -1, 0.1, 0.9, 0.99, 1, 1, 1, 1, 1).withBatch(0, 0);

        assertThat(TrainingPlan.checkOpen(MODEL, open, 1024, LIMITS).config().parameterCount())
                .isEqualTo(932_608);
        assertThatThrownBy(() -> TrainingPlan.checkOpen(new ModelSpec(4, 4, 128, 60_000), open, 300, LIMITS))
                .hasMessageStartingWith("model.block: 60000 squared times training.batch 1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-1 | 0 | training.accumulation: -1 (expected: 1 to 1)",
                "0 | 1.5 | training.dropout: 1.5 (expected: finite, >= 0, < 1)",
            })
    void choosesNothingForATrainingThatIsWrongAnyway(int accumulation, double dropout, String message) {
        TrainingSpec open = new TrainingSpec(
                0,
                0,
                0,
                -1,
                -1,
                0.1,
                0.9,
                0.99,
                1,
                1,
                1,
                1,
                1,
                Decay.COSINE,
                Precision.FLOAT32,
                Recompute.NONE,
                dropout,
                accumulation);

        assertThatThrownBy(() -> TrainingPlan.choose(MODEL, open, List.of(dataset()), LIMITS))
                .isInstanceOf(Refusal.class)
                .hasMessage(message);
    }

    @Test
    void choosesForAllThatIsMixed() {
        TrainingSpec open = new TrainingSpec(0, 2, 1e-3, 0, 0, 0.1, 0.9, 0.99, 1, 1, 1, 1, 1);
        TrainingSpec mixed = open.with(new DataMix(1, List.of(new DataMix.Share("datasets/b", 1))));

        // Four times the 20,000 tokens of each dataset, in steps of 2 x 64.
        assertThat(TrainingPlan.choose(MODEL, open, List.of(dataset()), LIMITS)
                        .training()
                        .steps())
                .isEqualTo(625);
        ChosenTraining chosen =
                TrainingPlan.choose(MODEL, mixed, List.of(dataset(), dataset("datasets/b", "0".repeat(64))), LIMITS);
        assertThat(chosen.training().steps()).isEqualTo(1250);
        assertThat(chosen.training().mix()).isEqualTo(mixed.mix());
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
