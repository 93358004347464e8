package io.maru.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Named.named;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.maru.model.data.Batch;
import io.maru.model.kernel.Compilation;
import io.maru.model.layer.Recompute;
import io.maru.model.training.LearningGraph;
import io.maru.model.training.StepResult;
import io.maru.model.training.Trainer;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import io.maru.model.weights.Weights;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Numbers of PyTorch (GPT-2) and of Hugging Face's transformers (Llama, Qwen2), which the scripts in bench/reference wrote. */
class GoldenTest {
    private static final double TOLERANCE = 1e-4;

    static Stream<Named<Golden>> goldens() {
        return Stream.of("gpt2", "llama", "qwen2").map(family -> named(family, Golden.read(family)));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void logitsAndLossAreThoseOfTheReference(Golden golden) {
        try (PlainGraph graph = new PlainGraph(golden.initial(), golden.batch())) {
            assertClose("logits", graph.logits(golden.inputs()), golden.floats("/logits"));
            assertThat((double) graph.loss(golden.inputs(), golden.targets()))
                    .isCloseTo(golden.number("/loss"), within(TOLERANCE * golden.number("/loss")));
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void everyGradientIsThatOfTheReference(Golden golden) {
        try (PlainGraph graph = new PlainGraph(golden.initial(), golden.batch())) {
            Map<String, float[]> gradients = graph.gradients(golden.inputs(), golden.targets());
            assertThat(gradients).hasSize(golden.json().get("gradients").size());
            gradients.forEach((name, gradient) -> assertClose(name, gradient, golden.floats("/gradients/" + name)));
        }
    }

    static Stream<Arguments> learnings() {
        TrainingOptions usual = TrainingOptions.usual();
        return goldens().flatMap(golden -> Stream.of(usual, usual.with(Compilation.NONE), usual.with(Recompute.BLOCKS))
                .map(options -> arguments(golden, options)));
    }

    /** Those that training takes are written by hand. */
    @ParameterizedTest
    @MethodSource("learnings")
    void everyGradientThatTrainingTakesIsThatOfTheReference(Golden golden, TrainingOptions options) {
        try (LearningGraph graph = new LearningGraph(golden.initial(), golden.batch(), options)) {
            Map<String, float[]> found = graph.learn(Batch.of(golden.inputs(), golden.targets()));
            assertThat((double) found.remove("loss")[0])
                    .isCloseTo(golden.number("/loss"), within(TOLERANCE * golden.number("/loss")));
            assertThat(found).hasSize(golden.json().get("gradients").size());
            found.forEach((name, gradient) -> assertClose(name, gradient, golden.floats("/gradients/" + name)));
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void tenStepsOfAdamWAreThoseOfTheReference(Golden golden) {
        float[] losses = golden.floats("/adamw/losses");
        float[] norms = new float[losses.length];
        float[] found = new float[losses.length];
        try (Trainer trainer = Trainer.create(
                TrainingTask.of(golden.config(), golden.adamW(), golden.batch()),
                golden.initial(),
                TrainingOptions.usual(),
                TestModels.TWO_THREADS)) {
            for (int i = 0; i < losses.length; i++) {
                StepResult result = trainer.step(
                        Batch.of(golden.inputs(), golden.targets()), (float) golden.number("/adamw/learningRate"));
                found[i] = result.loss();
                norms[i] = result.gradientNorm();
            }
            assertClose("losses", found, losses);
            assertClose("gradient norms", norms, golden.floats("/adamw/gradientNorms"));
            Weights weights = trainer.weights();
            golden.json().at("/adamw/finalWeights").fieldNames().forEachRemaining(name -> {
                assertClose(name, TestModels.floats(weights, name), golden.floats("/adamw/finalWeights/" + name));
            });
        }
    }

    /** Relative to the largest number of the tensor, since one near zero is a difference of larger ones. */
    private static void assertClose(String name, float[] found, float[] expected) {
        assertThat(found).as(name).hasSameSizeAs(expected);
        double max = 0;
        for (float value : expected) {
            max = Math.max(max, Math.abs(value));
        }
        for (int i = 0; i < found.length; i++) {
            assertThat((double) found[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(TOLERANCE * max));
        }
    }
}
