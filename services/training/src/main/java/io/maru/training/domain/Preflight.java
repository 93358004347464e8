package io.maru.training.domain;

/**
 * What a job takes, as against what there is. All bytes are those of a process.
 *
 * @param plannedBytes worked out from the shapes
 * @param memoryLimit in bytes
 * @param peakBytes the most that a process took for the first two steps; 0 until they were tried
 * @param stepSeconds of the second of them; 0 until then
 * @param seconds for all steps of the job at that speed, without validations and checkpoints; 0 until then
 */
public record Preflight(long plannedBytes, long memoryLimit, long peakBytes, double stepSeconds, double seconds) {
    public static Preflight planned(long bytes, long limit) {
        return new Preflight(bytes, limit, 0, 0, 0);
    }

    /** Once two steps of a job of {@code steps} were tried. */
    public Preflight tried(long peak, double secondsOfAStep, long steps) {
        return new Preflight(plannedBytes, memoryLimit, peak, secondsOfAStep, secondsOfAStep * steps);
    }

    /** Whether two steps were tried. */
    public boolean wasTried() {
        return peakBytes > 0;
    }
}
