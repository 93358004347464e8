package io.maru.control.app;

import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.domain.RunStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Runs and their events, for good. */
public interface RunStore {
    /**
     * Keeps a new run and queues it to be conducted.
     *
     * @return false where a run of the same name or request id is there already; nothing is kept then
     */
    boolean create(String name, String requestId, String recipe, List<String> sources, Instant now);

    Optional<Run> find(String name);

    Optional<Run> byRequest(String requestId);

    /** Runs whose position is below {@code before}, newest first. */
    List<Run> list(long before, int most);

    /** A run's events whose sequence is greater than {@code after}, oldest first. */
    List<RunEvent> events(String name, long after, int most);

    /** Runs that are not final. */
    long open();

    /**
     * Writes the status that a run has next, its event, and the fact that tells of a new state or stage, all or nothing.
     *
     * @param run as it was read
     * @return false where the run has moved on since it was read; nothing is written then
     */
    boolean save(Run run, RunStatus next);
}
