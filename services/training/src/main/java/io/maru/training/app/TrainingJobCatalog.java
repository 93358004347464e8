package io.maru.training.app;

import io.maru.training.domain.HistoryPoint;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.TrainingJob;
import java.util.List;
import java.util.Optional;

/** Which training jobs there are. Each change is one transaction with the fact that tells of it. */
public interface TrainingJobCatalog {
    /**
     * A measurement and its place in the job's list.
     *
     * @param sequence grows with each measurement of a job
     */
    record Numbered(long sequence, Measurement measurement) {}

    Optional<TrainingJob> find(String name);

    Optional<TrainingJob> findByRequest(String requestKey);

    /** Lists a workspace's jobs, the newest first. */
    List<TrainingJob> list(String workspace, long before, int limit);

    /** Adds a PENDING job and offers it to the workers. False where its name, its request or its run is taken. */
    boolean add(String requestKey, TrainingJob job);

    /**
     * Brings a job to the state {@link TrainingJob#after}.
     *
     * @throws io.maru.platform.error.Refusal TRAINING_JOB_NOT_FOUND, WRONG_STATE
     */
    TrainingJob change(String name, TrainingJob.Command command);

    /** Measurements with a greater sequence number, in order. */
    List<Numbered> measurements(String name, long after, int limit);

    /** Tells all of a job's measurements in at most so many points, by steps. */
    List<HistoryPoint> history(String name, int maxPoints);
}
