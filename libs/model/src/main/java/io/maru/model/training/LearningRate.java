package io.maru.model.training;

/**
 * Rises in a line for the first steps, then decays.
 *
 * @param peak reached at the end of the warm-up
 * @param floor what remains at {@code totalSteps} and after, if the rate decays
 * @param warmupSteps while Adam's moments settle; may be 0
 * @param totalSteps that the run is to take
 * @param decay the way down
 */
public record LearningRate(float peak, float floor, long warmupSteps, long totalSteps, Decay decay) {
    public LearningRate {
        if (!(peak > 0 && peak < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("peak: " + peak + " (expected: > 0)");
        }
        if (!(floor >= 0 && floor <= peak)) {
            throw new IllegalArgumentException("floor: " + floor + " (expected: 0.." + peak + ", the peak)");
        }
        if (totalSteps < 1) {
            throw new IllegalArgumentException("totalSteps: " + totalSteps + " (expected: >= 1)");
        }
        if (warmupSteps < 0 || warmupSteps > totalSteps) {
            throw new IllegalArgumentException(
                    "warmupSteps: " + warmupSteps + " (expected: 0.." + totalSteps + ", the total)");
        }
    }

    /** With half a cosine for the way down. */
    public LearningRate(float peak, float floor, long warmupSteps, long totalSteps) {
        this(peak, floor, warmupSteps, totalSteps, Decay.COSINE);
    }

    /**
     * The rate of one step.
     *
     * @param step counted from 0: steps taken before this one
     */
    public float at(long step) {
        if (step < 0) {
            throw new IllegalArgumentException("step: " + step + " (expected: >= 0)");
        }
        if (step < warmupSteps) {
            // The first step is not wasted on a rate of zero, and the last one of the warm-up has the peak.
            return (float) (peak * ((step + 1.0) / warmupSteps));
        }
        double progress = step >= totalSteps ? 1 : (double) (step - warmupSteps) / (totalSteps - warmupSteps);
        return (float) (floor + decay.height(progress) * (peak - floor));
    }
}
