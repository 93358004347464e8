package io.maru.inference.app;

import io.maru.inference.domain.InferenceReason;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Runs models on a few threads. Some requests may wait for one of them; the others are refused at once. */
public final class DecodingSlots implements AutoCloseable {
    private final int slots;
    private final int waiting;
    private final ThreadPoolExecutor threads;

    /**
     * @param slots requests that run at once
     * @param waiting requests that wait at once
     */
    public DecodingSlots(int slots, int waiting) {
        this.slots = slots;
        this.waiting = waiting;
        AtomicInteger number = new AtomicInteger();
        threads = new ThreadPoolExecutor(
                slots,
                slots,
                0,
                TimeUnit.MILLISECONDS,
                new ArrayBlockingQueue<>(waiting),
                task -> new Thread(task, "decoding-" + number.incrementAndGet()));
    }

    /** @throws io.maru.platform.error.Refusal OVERLOADED, or SHUTTING_DOWN */
    void submit(DecodingRequest request) {
        try {
            threads.execute(request);
        } catch (RejectedExecutionException e) {
            if (threads.isShutdown()) {
                throw InferenceReason.SHUTTING_DOWN.because("the service stops (expected: another replica)");
            }
            throw InferenceReason.OVERLOADED.because(
                    "%d requests run and %d wait (expected: fewer waiting)", slots, waiting);
        }
    }

    /** Takes back a request that waits. */
    void withdraw(DecodingRequest request) {
        threads.remove(request);
    }

    /** Requests that run. */
    public int running() {
        return threads.getActiveCount();
    }

    /** Interrupts what runs and refuses what waits. */
    @Override
    public void close() {
        for (Runnable request : threads.shutdownNow()) {
            ((DecodingRequest) request)
                    .refuse(InferenceReason.SHUTTING_DOWN.because("the service stops (expected: another replica)"));
        }
    }
}
