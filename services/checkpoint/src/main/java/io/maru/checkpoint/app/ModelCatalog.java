package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.formats.Manifest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Knows which model versions there are. A version is seen by nobody before it is published. */
public interface ModelCatalog {
    /**
     * A version number that one request has taken.
     *
     * @param published empty until its files are in place
     */
    record Reservation(ModelVersionName name, CheckpointName checkpoint, Optional<ModelVersion> published) {}

    Optional<Reservation> findByRequest(String requestKey);

    /** Takes the model's next number for a request; a request that has one keeps it. */
    Reservation reserve(String requestKey, String model, Checkpoint checkpoint, Instant now);

    /** Publishes a reserved version, together with the fact; the second time it does nothing. */
    ModelVersion publish(ModelVersionName name, Manifest manifest);

    Optional<ModelVersion> find(ModelVersionName name);

    /** Finds the published version of a model with the highest number. */
    Optional<ModelVersion> newest(String model);

    /** Lists the versions of all models of a workspace, newest first. */
    List<ModelVersion> list(String workspace, long before, int limit);

    /** Lists the versions of one model, newest first. */
    List<ModelVersion> listOf(String model, long before, int limit);
}
