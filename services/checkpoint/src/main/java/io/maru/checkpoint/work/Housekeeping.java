package io.maru.checkpoint.work;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Does chores now and then that nobody waits for. Several replicas may do so at a time: each takes others. */
public final class Housekeeping implements AutoCloseable {
    private static final System.Logger log = System.getLogger(Housekeeping.class.getName());

    private final Map<String, Runnable> chores;
    private final Duration interval;
    private final ScheduledExecutorService clock;
    private volatile boolean closed;

    /** @param chores by what the log calls them */
    public Housekeeping(Map<String, Runnable> chores, Duration interval) {
        this.chores = Map.copyOf(chores);
        this.interval = interval;
        this.clock = Executors.newScheduledThreadPool(chores.size(), task -> {
            Thread thread = new Thread(task, "housekeeping");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Begins after one interval: a service that starts has better things to do. */
    public void start() {
        chores.forEach((name, chore) -> clock.scheduleWithFixedDelay(
                () -> run(name, chore), interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS));
    }

    private void run(String name, Runnable chore) {
        try {
            chore.run();
        } catch (RuntimeException e) {
            // The next time brings another chance.
            if (!closed) {
                log.log(System.Logger.Level.WARNING, "{0} waits: {1}", name, e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        clock.shutdownNow();
    }
}
