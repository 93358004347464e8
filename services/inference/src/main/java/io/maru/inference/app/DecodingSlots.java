package io.maru.inference.app;

import io.maru.inference.domain.InferenceReason;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Runs models on a few threads. Some requests of each workspace may wait for one of them, and workspaces take turns; the other
 * requests are refused at once.
 */
public final class DecodingSlots implements AutoCloseable {
    private static final System.Logger log = System.getLogger(DecodingSlots.class.getName());

    private final int slots;
    private final int waiting;
    private final FairLine<DecodingRequest> line;
    private final List<Thread> threads;

    /**
     * @param slots requests that run at once
     * @param waiting requests of one workspace that wait at once
     */
    public DecodingSlots(int slots, int waiting) {
        this.slots = slots;
        this.waiting = waiting;
        line = new FairLine<>(slots, waiting);
        threads = IntStream.rangeClosed(1, slots)
                .mapToObj(number -> new Thread(this::serve, "decoding-" + number))
                .toList();
        threads.forEach(Thread::start);
    }

    private void serve() {
        while (!line.isClosed()) {
            try {
                run(line.take());
            } catch (InterruptedException e) {
                // Only close() interrupts.
                return;
            }
        }
    }

    private void run(DecodingRequest request) {
        try {
            request.run();
        } catch (Error e) {
            // Its caller knows already; the thread is needed for the next one.
            log.log(System.Logger.Level.ERROR, "a request failed", e);
        } finally {
            line.done();
        }
    }

    /** @throws io.maru.platform.error.Refusal OVERLOADED, or SHUTTING_DOWN */
    void submit(DecodingRequest request) {
        if (!line.offer(request.workspace(), request)) {
            throw line.isClosed()
                    ? shuttingDown()
                    : InferenceReason.OVERLOADED.because(
                            "%d requests run and %d wait (expected: fewer waiting)", slots, waiting);
        }
    }

    /** Takes back a request that waits. */
    void withdraw(DecodingRequest request) {
        line.remove(request.workspace(), request);
    }

    /** How many requests run. */
    public int running() {
        return line.inHand();
    }

    /** Interrupts what runs and refuses what waits. */
    @Override
    public void close() {
        List<DecodingRequest> left = line.close();
        threads.forEach(Thread::interrupt);
        left.forEach(request -> request.refuse(shuttingDown()));
    }

    private static RuntimeException shuttingDown() {
        return InferenceReason.SHUTTING_DOWN.because("the service stops (expected: another replica)");
    }
}
