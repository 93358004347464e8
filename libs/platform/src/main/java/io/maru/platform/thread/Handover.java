package io.maru.platform.thread;

import io.opentelemetry.context.Context;
import java.util.concurrent.Callable;

/** Has another thread do a task in the name of the caller, and in the trace, of the thread that hands it over. */
public final class Handover {
    private Handover() {}

    /** The task, bound to what this thread does now. */
    public static <T> Callable<T> of(Callable<T> task) {
        return Context.current().wrap(io.grpc.Context.current().wrap(task));
    }
}
