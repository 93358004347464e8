package io.maru.cli.stack;

import io.maru.cli.CommandFailure;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Ends processes side by side: all are asked at once, and those that are still there at one deadline are killed. So it takes
 * as long as the slowest of them and no longer than the limit, however many there are.
 */
final class Ending {
    /** How long the kernel may take to bury what was killed. */
    static final Duration MAX_BURIAL = Duration.ofSeconds(2);

    private Ending() {}

    /**
     * Ends the processes.
     *
     * @return those that had to be killed
     */
    static List<ProcessHandle> of(Collection<ProcessHandle> processes, Duration limit) {
        processes.forEach(ProcessHandle::destroy);
        List<ProcessHandle> killed = await(processes, limit);
        killed.forEach(ProcessHandle::destroyForcibly);
        await(killed, MAX_BURIAL);
        return killed;
    }

    /**
     * Waits for processes to end.
     *
     * @return those that have not
     */
    static List<ProcessHandle> await(Collection<ProcessHandle> processes, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        List<ProcessHandle> left = living(processes);
        while (!left.isEmpty() && System.nanoTime() < deadline) {
            try {
                TimeUnit.MILLISECONDS.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw CommandFailure.failed("INTERRUPTED", "interrupted while processes ended");
            }
            left = living(left);
        }
        return left;
    }

    private static List<ProcessHandle> living(Collection<ProcessHandle> processes) {
        return processes.stream().filter(ProcessHandle::isAlive).toList();
    }
}
