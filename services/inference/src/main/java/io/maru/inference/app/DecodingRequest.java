package io.maru.inference.app;

import io.maru.inference.domain.InferenceReason;

/** Something that a caller waits for and that needs a model: it waits for a slot, runs, and may be cancelled at any time. */
public abstract class DecodingRequest implements Runnable {
    private final DecodingSlots slots;
    private volatile boolean cancelled;

    DecodingRequest(DecodingSlots slots) {
        this.slots = slots;
    }

    /** @throws io.maru.platform.error.Refusal OVERLOADED, or SHUTTING_DOWN */
    public final void submit() {
        slots.submit(this);
    }

    /** Ends it soon, without another word to its caller. */
    public void cancel() {
        cancelled = true;
        slots.withdraw(this);
    }

    final boolean isCancelled() {
        return cancelled;
    }

    @Override
    public final void run() {
        if (cancelled) {
            return;
        }
        try {
            perform();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            refuse(InferenceReason.SHUTTING_DOWN.because("the service stops (expected: another replica)"));
        } catch (RuntimeException e) {
            refuse(e);
        } catch (Error e) {
            refuse(e);
            throw e;
        }
    }

    final void refuse(Throwable why) {
        if (!cancelled) {
            fail(why);
        }
    }

    abstract void perform() throws InterruptedException;

    /** Tells the caller why there is no answer. */
    abstract void fail(Throwable why);
}
