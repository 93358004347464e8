package io.maru.control.domain;

import java.util.Map;

/** What a service says about the stage that it was asked to do. */
public sealed interface Report {

    /**
     * It works.
     *
     * @param paused it will not go on by itself
     * @param made results that are known already, such as the resource's name
     * @param why it is paused; empty where it is not
     */
    record Working(Progress progress, boolean paused, Map<Result, String> made, String why) implements Report {
        /** Of work that goes on by itself. */
        public Working(Progress progress, Map<Result, String> made) {
            this(progress, false, made, "");
        }
    }

    /** @param message a sentence on what came out */
    record Finished(Progress progress, Map<Result, String> made, String message) implements Report {}

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
