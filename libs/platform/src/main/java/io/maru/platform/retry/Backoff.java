package io.maru.platform.retry;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Pauses between repeats, each twice as long as the one before.
 *
 * @param first after the first failure
 * @param max of any pause
 */
public record Backoff(Duration first, Duration max) {
    private static final int MAX_DOUBLINGS = 30;

    public Backoff {
        if (first.isNegative() || first.isZero() || first.compareTo(max) > 0) {
            throw new IllegalArgumentException("first: %s (expected: > 0 and at most max, %s)".formatted(first, max));
        }
    }

    /**
     * The pause after so many failures in a row.
     *
     * @param failures at least 1
     */
    public Duration pause(int failures) {
        Duration pause = first.multipliedBy(1L << Math.min(failures - 1, MAX_DOUBLINGS));
        return pause.compareTo(max) < 0 ? pause : max;
    }

    /** Waits for {@link #pause}. */
    public void sleep(int failures) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(pause(failures).toNanos());
    }
}
