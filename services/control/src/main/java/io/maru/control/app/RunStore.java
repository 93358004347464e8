package io.maru.control.app;

import io.maru.control.domain.Plan;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.domain.RunStatus;
import io.maru.platform.work.Claim;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Runs and their events, for good. */
public interface RunStore {
    /**
     * Keeps a new run and queues it to be conducted.
     *
     * @return false where a run of the same name or request is there already; nothing is kept then
     */
    boolean create(NewRun run, Instant now);

    /**
     * A run as it is submitted.
     *
     * @param name in full
     */
    record NewRun(String name, String requestKey, String recipe, List<String> sources, int priority, Plan plan) {
        public NewRun {
            sources = List.copyOf(sources);
        }
    }

    Optional<Run> find(String name);

    Optional<Run> byRequest(String requestKey);

    /**
     * Runs whose position is below {@code before}, newest first.
     *
     * @param workspace as in {@code workspaces/default}
     */
    List<Run> list(String workspace, long before, int limit);

    /** A run's events whose sequence is greater than {@code after}, oldest first. */
    List<RunEvent> events(String name, long after, int limit);

    /** Runs that are not final, of all workspaces. */
    long open();

    /**
     * Writes the status that a run has next, its event, and the fact that tells of a new state of the run or of a step, all
     * or nothing. A run that was final and is not any more is queued again.
     *
     * @param run as it was read
     * @return false where the run has moved on since it was read; nothing is written then
     */
    boolean save(Run run, RunStatus next);

    /**
     * Ends the work of conducting a run, if the run is final.
     *
     * @return false where the run is not: a retry found it queued still, and relies on the claim
     */
    boolean finish(Claim claim);
}
