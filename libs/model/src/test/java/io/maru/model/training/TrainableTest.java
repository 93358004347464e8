package io.maru.model.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.SafetensorsFile;
import io.maru.model.TestModels;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.data.Batch;
import io.maru.model.kernel.Precision;
import io.maru.model.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainableTest {
    private static final int BATCH = 4;

    static Stream<DecoderConfig> models() {
        return TestModels.all();
    }

    @Test
    void aStarStandsForAnyCharacters() {
        assertThat(names(new Trainable(List.of("transformer.h.1.attn.*", "*.ln_f.bias")), TestModels.TINY))
                .containsExactly(
                        "transformer.h.1.attn.c_attn.weight",
                        "transformer.h.1.attn.c_attn.bias",
                        "transformer.h.1.attn.c_proj.weight",
                        "transformer.h.1.attn.c_proj.bias",
                        "transformer.ln_f.bias");
        assertThat(names(Trainable.all(), TestModels.TINY))
                .hasSize(TestModels.TINY.parameters().size());
    }

    @Test
    void aPatternWithoutAWeightIsRefused() {
        Trainable mistyped = new Trainable(List.of("*", "transformer.h1.*"));
        assertThatThrownBy(
                        () -> TrainingTask.of(TestModels.TINY, AdamW.usual(), 1).with(mistyped))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("trainable: transformer.h1.* (expected: a name of one of the model's weights");
    }

    @ParameterizedTest
    @MethodSource("models")
    void whatDoesNotLearnKeepsEveryBitAndTheRestLearnsAsIfAllDid(DecoderConfig model) {
        Trainable last = new Trainable(List.of("*.1.*"));
        Set<String> learnt = Set.copyOf(names(last, model));
        // Not clipped: the norm is that of what learns.
        AdamW adamW = new AdamW(0.9f, 0.95f, 1e-8f, 0.1f, 1e6f);
        TrainingTask all = TrainingTask.of(model, adamW, BATCH);
        try (Trainer some = trainer(all.with(last), TrainingOptions.usual(), 1);
                Trainer every = trainer(all, TrainingOptions.usual(), 1)) {
            some.step(batch(model), 1e-2f);
            every.step(batch(model), 1e-2f);
            for (Parameter parameter : model.parameters()) {
                float[] found = TestModels.floats(some.weights(), parameter.name());
                Weights expected = learnt.contains(parameter.name()) ? every.weights() : TestModels.lively(model);
                assertThat(found).as(parameter.name()).isEqualTo(TestModels.floats(expected, parameter.name()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void whatDoesNotLearnHasNoRoomInTheOptimizersFile(int devices, @TempDir Path folder) throws Exception {
        Trainable norms = new Trainable(List.of("*.ln_*"));
        TrainingTask task =
                TrainingTask.of(TestModels.TINY, AdamW.usual(), BATCH).with(norms);
        TrainingOptions options = TrainingOptions.usual().withAccumulation(2).with(Precision.BFLOAT16);
        float[] expected;
        String name = "transformer.ln_f.weight";
        try (Trainer trainer = trainer(task, options, devices)) {
            trainer.step(batch(TestModels.TINY), 1e-2f);
            trainer.save(folder);
            trainer.step(batch(TestModels.TINY), 1e-2f);
            expected = TestModels.floats(trainer.weights(), name);
        }
        try (SafetensorsFile moments = SafetensorsFile.open(folder.resolve(Learner.OPTIMIZER_FILE))) {
            assertThat(moments.names())
                    .containsExactlyInAnyOrderElementsOf(names(norms, TestModels.TINY).stream()
                            .flatMap(each -> Stream.of("adam.mean." + each, "adam.square." + each))
                            .toList());
        }
        try (Trainer resumed = Trainer.resume(task, folder, options, TestModels.TWO_THREADS.withDevices(devices))) {
            resumed.step(batch(TestModels.TINY), 1e-2f);
            assertThat(TestModels.floats(resumed.weights(), name)).isEqualTo(expected);
        }
        for (Trainable other : List.of(Trainable.all(), new Trainable(List.of("*.ln_f.*")))) {
            assertThatThrownBy(() -> Trainer.resume(task.with(other), folder, options, TestModels.TWO_THREADS))
                    .isInstanceOf(UnsupportedModelException.class);
        }
    }

    @Test
    void whatDoesNotLearnHasNoRoomInTheMemoryPlan() {
        GptConfig model = new GptConfig(50257, 1024, 12, 12, 768);
        TrainingTask all = TrainingTask.of(model, AdamW.usual(), 8);
        TrainingTask head = all.with(new Trainable(List.of("transformer.h.11.*")));
        long learnt = head.trainable().of(model).stream()
                .mapToLong(Parameter::elements)
                .sum();
        TrainingOptions options = TrainingOptions.usual().withAccumulation(2);

        MemoryPlan plan = MemoryPlan.of(head, options);

        assertThat(plan.moments()).isEqualTo(8 * learnt);
        assertThat(plan.gradients()).isEqualTo(8 * learnt);
        assertThat(plan.weights()).isEqualTo(MemoryPlan.of(all, options).weights());
        assertThat(plan.process()).isLessThan(MemoryPlan.of(all, options).process());
    }

    @Test
    void givenWeightsBeginWithoutMoments(@TempDir Path folder) throws Exception {
        TrainingTask task = TrainingTask.of(TestModels.TINY, AdamW.usual(), BATCH);
        try (Trainer first = trainer(task, TrainingOptions.usual(), 1)) {
            first.step(batch(TestModels.TINY), 1e-2f);
            first.save(folder);
        }
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(Learner.MODEL_FILE));
                Trainer second = Trainer.create(
                        task, Weights.of(TestModels.TINY, file), TrainingOptions.usual(), TestModels.TWO_THREADS)) {
            assertThat(second.steps()).isZero();
            Path again = Files.createDirectory(folder.resolve("again"));
            second.save(again);
            try (SafetensorsFile saved = SafetensorsFile.open(again.resolve(Learner.OPTIMIZER_FILE))) {
                assertThat(saved.floats("adam.mean.transformer.wte.weight")).containsOnly(0);
            }
        }
    }

    private static List<String> names(Trainable trainable, DecoderConfig model) {
        return trainable.of(model).stream().map(Parameter::name).toList();
    }

    private static Batch batch(DecoderConfig model) {
        int count = BATCH * model.block();
        return Batch.of(
                TestModels.tokens(count, model.vocabularySize(), 1),
                TestModels.tokens(count, model.vocabularySize(), 2));
    }

    private static Trainer trainer(TrainingTask task, TrainingOptions options, int devices) {
        return Trainer.create(
                task, TestModels.lively(task.model()), options, TestModels.TWO_THREADS.withDevices(devices));
    }
}
