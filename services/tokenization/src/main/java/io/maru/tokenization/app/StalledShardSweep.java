package io.maru.tokenization.app;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Looks from time to time for shards that nobody works on although they wait: their event went to the dead letters, or
 * was lost with a topic. They are queued again, so a dataset ends, one way or another.
 */
public final class StalledShardSweep implements AutoCloseable {
    private static final Logger log = System.getLogger(StalledShardSweep.class.getName());

    private final DatasetStore datasets;
    private final Duration patience;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "stalled-shard-sweep");
        thread.setDaemon(true);
        return thread;
    });

    /** @param patience see {@link DatasetStore#requeueStalled}; also the sweep's period */
    public StalledShardSweep(DatasetStore datasets, Duration patience) {
        this.datasets = datasets;
        this.patience = patience;
    }

    public void start() {
        // Nobody waits for it: sweep() deals with its own failures.
        var unused = clock.scheduleWithFixedDelay(
                this::sweep, patience.toMillis(), patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** One look. */
    void sweep() {
        try {
            int requeued = datasets.requeueStalled(patience);
            if (requeued > 0) {
                log.log(Level.INFO, "{0} shards had stalled and are queued again", requeued);
            }
        } catch (RuntimeException e) {
            // The next look may find the database up again; an exception that left here would end all of them.
            log.log(Level.WARNING, "no look for stalled shards: {0}", e.getMessage());
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
