package io.maru.control.domain;

import java.util.Map;

/** What a service says about the step that it was asked to do. */
public sealed interface Report {

    /**
     * It works.
     *
     * @param paused it will not go on by itself
     * @param made names of resources that are known already, by role
     * @param why it is paused; empty where it is not
     */
    record Working(Progress progress, boolean paused, Map<String, String> made, String why) implements Report {
        /** Of work that goes on by itself. */
        public Working(Progress progress, Map<String, String> made) {
            this(progress, false, made, "");
        }
    }

    /**
     * It is done.
     *
     * @param made names of resources, by role
     * @param numbers the few that say how it went, by name
     * @param text what was written, where the step writes something
     * @param message a sentence on what came out
     */
    record Finished(
            Progress progress, Map<String, String> made, Map<String, Double> numbers, String text, String message)
            implements Report {
        /** Of a step that writes nothing. */
        public Finished(Progress progress, Map<String, String> made, Map<String, Double> numbers, String message) {
            this(progress, made, numbers, "", message);
        }
    }

    /** It refused the command, or the work failed, for a reason of its own. */
    record Failed(Failure failure) implements Report {}

    /** @param message a sentence on what stopped */
    record Cancelled(String message) implements Report {}

    /**
     * It said nothing of use; the same call may go through later.
     *
     * @param patience failed calls in a row after which to give up
     */
    record NoAnswer(Failure failure, int patience) implements Report {
        /** A service that is down comes back. */
        public static final int ENDLESS = Integer.MAX_VALUE;
    }
}
