package io.maru.training.domain;

import io.maru.platform.error.CommonReason;
import java.nio.charset.StandardCharsets;

/**
 * What a job is to do.
 *
 * @param run whose checkpoints the job writes, a full name as all of these
 * @param training the run's step, which begins the names of these checkpoints
 * @param tokenizer that made the dataset's tokens; empty where the caller did not tell
 * @param init where the first weights come from, a model version or a checkpoint; empty where they come from the seed
 * @param recipe that asked for it, as text; may be empty
 */
public record TrainingRequest(
        String run,
        String training,
        String dataset,
        String tokenizer,
        TrainingSpec spec,
        String init,
        String recipe,
        int priority) {
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

    /** Gives the same request with another spec. */
    public TrainingRequest with(TrainingSpec other) {
        return new TrainingRequest(run, training, dataset, tokenizer, other, init, recipe, priority);
    }

    /** Whether the first weights come from somewhere, and not from the seed. */
    public boolean hasInit() {
        return !init.isEmpty();
    }
}
