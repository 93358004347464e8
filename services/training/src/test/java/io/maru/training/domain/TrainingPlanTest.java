package io.maru.training.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.Manifest;
import io.maru.model.Decay;
import io.maru.model.LlamaConfig;
import io.maru.model.Precision;
import io.maru.model.Recompute;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingPlanTest {
    private static final Limits LIMITS = new Limits(10_000_000, 100_000, 100_000_000, 400_000_000);

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
                "block | 500 | model.block: 500 (expected: < 500, the tokens of the dataset's longest validation shard)",
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
                of.integer("accumulation", 4),
                of.integer("devices", 1),
                of.integer("workers", 1));
    }

    private record Numbers(String field, String value) {
        int integer(String name, int usual) {
            return name.equals(field) ? Integer.parseInt(value) : usual;
        }

        double real(String name, double usual) {
            return name.equals(field) ? Double.parseDouble(value) : usual;
        }
    }

    private static Dataset dataset() {
        String sha256 = "0".repeat(64);
        Manifest.Entry entry = new Manifest.Entry("x", 1, sha256, Map.of());
        return new Dataset(
                "datasets/a",
                sha256,
                sha256,
                1024,
                entry,
                entry,
                List.of(new Dataset.Shard(entry, 10_000), new Dataset.Shard(entry, 10_000)),
                List.of(new Dataset.Shard(entry, 500), new Dataset.Shard(entry, 60)));
    }
}
