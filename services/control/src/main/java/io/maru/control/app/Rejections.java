package io.maru.control.app;

import io.maru.platform.error.Refusal;

/** Tells that a request which came as an event could not become a run. */
@FunctionalInterface
public interface Rejections {
    /** Tells it once, however often the event comes. */
    void reject(String eventId, Refusal why);
}
