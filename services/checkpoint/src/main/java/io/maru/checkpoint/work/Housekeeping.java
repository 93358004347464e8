package io.maru.checkpoint.work;

import io.maru.checkpoint.app.Leftovers;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Collects leftovers now and then. Several replicas may do so at a time: each takes others. */
public final class Housekeeping implements AutoCloseable {
    private static final System.Logger log = System.getLogger(Housekeeping.class.getName());

    private final Leftovers leftovers;
    private final Duration interval;
    private final ScheduledExecutorService clock;

    public Housekeeping(Leftovers leftovers, Duration interval) {
        this.leftovers = leftovers;
        this.interval = interval;
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "housekeeping");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Begins after one interval: a service that starts has better things to do. */
    public void start() {
        clock.scheduleWithFixedDelay(this::collect, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void collect() {
        try {
            leftovers.collect();
        } catch (RuntimeException e) {
            // The next time brings another chance.
            log.log(System.Logger.Level.WARNING, "leftovers stay for now: {0}", e.getMessage());
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
