package io.maru.training.domain;

import io.maru.platform.error.CommonReason;
import java.nio.charset.StandardCharsets;

/**
 * What a job is to do.
 *
 * @param run {@code runs/{run}}, whose checkpoints the job writes
 * @param dataset {@code datasets/{dataset}}
 * @param recipe that asked for it, as text; may be empty
 */
public record TrainingRequest(String run, String dataset, ModelSpec model, TrainingSpec training, String recipe) {
    private static final int MAX_RECIPE_BYTES = 64 << 10;

    public TrainingRequest {
        int bytes = recipe.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_RECIPE_BYTES) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "recipe: %d bytes (expected: at most %d)", bytes, MAX_RECIPE_BYTES);
        }
        if (recipe.indexOf('\0') >= 0) {
            throw CommonReason.INVALID_ARGUMENT.because("recipe: a NUL character (expected: text)");
        }
    }

    /** The same but for the training. */
    public TrainingRequest with(TrainingSpec other) {
        return new TrainingRequest(run, dataset, model, other, recipe);
    }
}
