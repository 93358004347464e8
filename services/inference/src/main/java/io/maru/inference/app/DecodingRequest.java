package io.maru.inference.app;

import io.maru.inference.domain.InferenceReason;
import io.maru.platform.caller.Caller;

/** A request that needs a model: it waits for a slot, runs in its caller's name, and may be cancelled at any time. */
public abstract class DecodingRequest implements Runnable {
    private final DecodingSlots slots;
    /** In whose name the thread of a slot works. */
    private final Caller caller = Caller.current();

    private volatile boolean cancelled;

    DecodingRequest(DecodingSlots slots) {
        this.slots = slots;
    }

    /** The id of the workspace that it is for. */
    final String workspace() {
        return caller.workspace();
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
            caller.call(() -> {
                perform();
                return null;
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            refuse(InferenceReason.SHUTTING_DOWN.because("the service stops (expected: another replica)"));
        } catch (RuntimeException e) {
            refuse(e);
        } catch (Error e) {
            refuse(e);
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("only an interrupt is checked", e);
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
