package io.maru.platform.work;

import io.maru.platform.caller.Caller;
import io.maru.platform.error.Faults;
import io.maru.platform.error.Refusal;
import io.maru.platform.name.ResourceName;
import io.maru.platform.retry.Backoff;
import io.maru.platform.trace.Trace;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * One thread that claims work of one kind and does it, one piece at a time, with a heartbeat beside it. It does so in the
 * workspace of the work, and in the trace of the call that offered it.
 *
 * <p>How a piece can end:
 *
 * <ul>
 *   <li>{@link Work#perform} returns: it has called {@link WorkQueue#finish} itself, with its outcome.
 *   <li>It throws because something is down: the work goes back and is tried again after a pause, without end. No such
 *       attempt counts.
 *   <li>It throws a {@link Refusal}, or anything else {@link #MAX_ATTEMPTS} times: {@link Work#fail} records why.
 *   <li>The process dies with it {@link #MAX_DEATHS} times, out of memory say: {@link Work#fail} records that.
 *   <li>The lease is lost, or the service stops: the thread is interrupted, and whoever claims next goes on.
 * </ul>
 */
public final class Worker implements AutoCloseable {
    private static final Logger log = Logger.getLogger(Worker.class);
    static final int MAX_ATTEMPTS = 5;
    /** Larger than the other: a machine that restarts is no fault of the work. */
    static final int MAX_DEATHS = 10;

    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(500), Duration.ofSeconds(10));

    private final WorkQueue queue;
    private final String kind;
    private final Work work;
    private final long pollMillis;
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private final ScheduledExecutorService heart;
    private volatile boolean closed;
    /** Pieces of work, one after the other, that something was down for. Of the worker's thread. */
    private int outages;

    public Worker(WorkQueue queue, String kind, long pollMillis, Work work) {
        this.queue = queue;
        this.kind = kind;
        this.work = work;
        this.pollMillis = pollMillis;
        this.thread = new Thread(this::run, kind + "-worker");
        this.heart = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread beat = new Thread(task, kind + "-heartbeat");
            beat.setDaemon(true);
            return beat;
        });
    }

    public void start() {
        queue.whenOffered(kind, this::wake);
        thread.start();
    }

    /** Looks for work now rather than at the next poll. */
    public void wake() {
        wake.release();
    }

    private void run() {
        int failures = 0;
        while (!closed) {
            try {
                Optional<Claim> claim = queue.claim(kind);
                failures = 0;
                if (claim.isPresent()) {
                    Claim work = claim.get();
                    Caller.in(ResourceName.workspace(work.name())).run(() -> performHeld(work));
                } else {
                    wake.tryAcquire(pollMillis, TimeUnit.MILLISECONDS);
                    wake.drainPermits();
                }
            } catch (InterruptedException e) {
                // Nothing is in hand: only close() interrupts now.
                return;
            } catch (RuntimeException | Error e) {
                if (!closed) {
                    log.warnf("%s work waits: %s", kind, e.getMessage());
                    failures++;
                    wakeAfter(BACKOFF.pause(failures));
                }
            }
        }
    }

    private void performHeld(Claim claim) {
        Heartbeat heartbeat = new Heartbeat(claim);
        long period = queue.lease().toMillis() / 4;
        ScheduledFuture<?> beating = heart.scheduleAtFixedRate(heartbeat, period, period, TimeUnit.MILLISECONDS);
        try {
            if (claim.attempt() > MAX_DEATHS) {
                work.fail(
                        claim,
                        "WORKER_DIED",
                        String.format(
                                Locale.ROOT,
                                "the process died %d times with this work in hand (expected: it ends); the service's log may say why",
                                MAX_DEATHS));
                return;
            }
            Trace.goOn(claim.traceparent(), kind, claim.name(), "", () -> {
                work.perform(claim);
                return null;
            });
            outages = 0;
        } catch (Throwable e) {
            // An Error too, such as a native library that is missing: it must not end this thread with nobody told.
            afterFailure(claim, heartbeat, e);
        } finally {
            beating.cancel(false);
            heartbeat.end();
        }
    }

    private void afterFailure(Claim claim, Heartbeat heartbeat, Throwable failure) {
        // The connection pool does not serve an interrupted thread.
        Thread.interrupted();
        if (heartbeat.isLost() || failure instanceof LeaseLostException) {
            log.infof("%s: lease lost at attempt %s: %s", claim.name(), claim.attempt(), failure.getMessage());
        } else if (closed || failure instanceof InterruptedException) {
            log.infof("%s: stopped at attempt %s", claim.name(), claim.attempt());
            queue.release(claim, Duration.ZERO);
        } else if (Faults.isTransient(failure)) {
            log.warnf("%s waits: %s", claim.name(), failure.getMessage());
            outages++;
            queue.release(claim, BACKOFF.pause(outages));
        } else if (failure instanceof Refusal refusal) {
            log.infof("%s failed: %s", claim.name(), refusal.getMessage());
            work.fail(claim, refusal.reason().name(), refusal.getMessage());
        } else if (claim.attempt() < MAX_ATTEMPTS) {
            log.errorf(failure, "%s: attempt %s failed", claim.name(), claim.attempt());
            queue.retry(claim, BACKOFF.pause(claim.attempt()));
        } else {
            log.errorf(failure, "%s: attempt %s failed, the last one", claim.name(), claim.attempt());
            work.fail(claim, "INTERNAL", "internal error; the service's log has it");
        }
    }

    private void wakeAfter(Duration pause) {
        try {
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        } catch (InterruptedException e) {
            if (closed) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Interrupts the work in hand, waits for it to give its lease back, and stops. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(20));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        heart.shutdownNow();
    }

    /** Keeps the lease of one piece of work. Interrupts the work when the lease is lost, but never what comes after it. */
    private final class Heartbeat implements Runnable {
        private final Claim claim;
        private boolean lost;
        private boolean ended;

        Heartbeat(Claim claim) {
            this.claim = claim;
        }

        @Override
        public void run() {
            try {
                if (!queue.heartbeat(claim)) {
                    lose();
                }
            } catch (RuntimeException e) {
                log.warnf("%s: no heartbeat: %s", claim.name(), e.getMessage());
            }
        }

        private synchronized void lose() {
            // Work that has just finished has no lease any more either.
            if (!ended && !lost) {
                lost = true;
                thread.interrupt();
            }
        }

        synchronized boolean isLost() {
            return lost;
        }

        /** Ends on the worker's thread; an interrupt that is still on its way to the work is taken back. */
        synchronized void end() {
            ended = true;
            Thread.interrupted();
        }
    }

    /** What to do with a claim. */
    public interface Work {
        /**
         * Does the work and ends it with {@link WorkQueue#finish} in the transaction that writes its outcome. Must be able to
         * go on where an earlier attempt was cut off, and must end soon after an interrupt.
         */
        void perform(Claim claim) throws Exception;

        /** Writes the failure and {@link WorkQueue#finish}es the claim, in one transaction. */
        void fail(Claim claim, String reason, String message);
    }
}
