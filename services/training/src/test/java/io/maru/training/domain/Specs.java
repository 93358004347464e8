package io.maru.training.domain;

import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.Decay;
import io.maru.training.domain.TrainingSpec.OnDivergence;
import java.util.List;
import java.util.Map;

/** Specs for tests. */
public final class Specs {
    /** One block of width 16. */
    public static final ModelSpec TINY = new ModelSpec(1, 2, 16, 8);

    private Specs() {}

    /** With a cosine, in float32, nothing recomputed or dropped, on one device. */
    public static TrainingSpec spec(
            ModelSpec model,
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
            long checkpointEvery) {
        return new TrainingSpec(
                model,
                steps,
                batch,
                TrainingSpec.FOLLOWS,
                learningRate,
                minLearningRate,
                warmupSteps,
                weightDecay,
                beta1,
                beta2,
                1e-8,
                gradientClip,
                seed,
                validateEvery,
                validationBatches,
                checkpointEvery,
                Decay.COSINE,
                Precision.FLOAT32,
                Recompute.NONE,
                0,
                0,
                1,
                1,
                1,
                List.of(),
                1,
                0,
                OnDivergence.PAUSE,
                0,
                0);
    }

    /** With other values of some fields, by their names. */
    public static TrainingSpec with(TrainingSpec spec, Map<String, ?> changes) {
        return spec.with(changes);
    }

    /** Of a training called {@code train}, from a seed. */
    public static TrainingRequest request(String run, String dataset, TrainingSpec spec, String recipe) {
        return new TrainingRequest(run, "train", dataset, "", spec, "", recipe, 0);
    }
}
