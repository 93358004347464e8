package io.maru.checkpoint.domain;

import java.util.concurrent.TimeUnit;

/**
 * How fast something may go that nobody waits for.
 *
 * @param bytesPerSecond at most, on average
 */
public record Pace(long bytesPerSecond) {
    public Pace {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("bytesPerSecond: " + bytesPerSecond + " (expected: >= 1)");
        }
    }

    /** Nanoseconds to wait before the next piece; 0 where it may come at once. */
    public long pause(long bytesSoFar, long nanosSoFar) {
        double due = (double) bytesSoFar / bytesPerSecond * TimeUnit.SECONDS.toNanos(1);
        return Math.max(0, (long) due - nanosSoFar);
    }
}
