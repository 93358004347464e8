package io.maru.control.domain;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Work done in a step.
 *
 * @param total all of the work; 0 where it is unknown
 * @param unit of both: bytes, tokens, shards, steps
 * @param numbers what was measured last, by name: {@code loss}, {@code tokens_per_second}
 * @param secondsLeft of the step, estimated
 */
public record Progress(long done, long total, String unit, Map<String, Double> numbers, OptionalDouble secondsLeft) {

    public static final Progress NONE = of(0, 0, "");

    public Progress {
        numbers = Map.copyOf(numbers);
    }

    public static Progress of(long done, long total, String unit) {
        return new Progress(done, total, unit, Map.of(), OptionalDouble.empty());
    }

    /** Whether both tell of the same work; the time left is a guess that changes by itself. */
    boolean sameWork(Progress other) {
        return leaving(OptionalDouble.empty()).equals(other.leaving(OptionalDouble.empty()));
    }

    /** With the time left, as if the rest went like what is done; unless the step's service knows better. */
    Progress estimated(Duration elapsed) {
        if (secondsLeft.isPresent() || done <= 0 || total <= 0) {
            return this;
        }
        double seconds = elapsed.toMillis() / 1e3 * Math.max(0, total - done) / done;
        return leaving(OptionalDouble.of(seconds));
    }

    /** With nothing left to do. */
    Progress complete() {
        return new Progress(total > 0 ? total : done, total, unit, numbers, OptionalDouble.empty());
    }

    private Progress leaving(OptionalDouble seconds) {
        return new Progress(done, total, unit, numbers, seconds);
    }
}
