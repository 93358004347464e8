package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointName;
import java.util.List;
import java.util.Optional;

/** Which checkpoints there are. Each change is one transaction with the fact that tells of it. */
public interface CheckpointCatalog {
    Optional<Checkpoint> find(CheckpointName name);

    /** The checkpoint that this request registered. */
    Optional<Checkpoint> findByRequest(String requestId);

    /** Of one run, those below {@code belowStep} that are not DELETED, the highest step first. */
    List<Checkpoint> list(String run, long belowStep, int limit);

    /**
     * Adds an ACTIVE checkpoint, or puts it in the place of a CORRUPT or DELETED one. Does nothing where an ACTIVE one has its
     * name.
     */
    void register(String requestId, Checkpoint checkpoint);

    /** Makes an ACTIVE checkpoint CORRUPT. Does nothing to any other. */
    void markCorrupt(CheckpointName name, String message);

    /** Makes a checkpoint DELETED, and has its files removed. Does nothing to one that is DELETED. */
    void markDeleted(CheckpointName name);

    /** Keeps the files of a DELETED checkpoint from being removed from now on: somebody has written them anew. */
    void keepFiles(CheckpointName name);
}
