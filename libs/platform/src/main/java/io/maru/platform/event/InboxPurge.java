package io.maru.platform.event;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Keeps the inbox from growing for ever: forgets, once an hour, what no broker will bring again. */
public final class InboxPurge implements AutoCloseable {
    private static final Logger log = Logger.getLogger(InboxPurge.class);

    private final Inbox inbox;
    private final Duration retention;
    private final ScheduledExecutorService clock;

    public InboxPurge(Inbox inbox, Duration retention) {
        this.inbox = inbox;
        this.retention = retention;
        this.clock = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "inbox-purge");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Begins after a while: a service that starts has better things to do. */
    public void start() {
        clock.scheduleWithFixedDelay(this::purge, 10, 60, TimeUnit.MINUTES);
    }

    private void purge() {
        try {
            inbox.purge(retention);
        } catch (RuntimeException e) {
            // The next hour brings another chance.
            log.warnf("the inbox was not purged: %s", e.getMessage());
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
