package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointName;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Knows which checkpoints there are. Each change is one transaction with the fact that tells of it. */
public interface CheckpointCatalog {
    Optional<Checkpoint> find(CheckpointName name);

    /** Finds the checkpoint that this request registered. */
    Optional<Checkpoint> findByRequest(String requestKey);

    /**
     * Lists those of one run that are not DELETED: by training, and of each training the highest step first.
     *
     * @param training lists those of this training only; empty means all
     * @param after the sequence of the checkpoint after which the list begins; {@link Long#MAX_VALUE} means its start
     */
    List<Checkpoint> list(String run, String training, long after, int limit);

    /**
     * Adds an ACTIVE checkpoint, or puts it in the place of a CORRUPT or DELETED one. Does nothing where an ACTIVE one has its
     * name.
     */
    void register(String requestKey, Checkpoint checkpoint);

    /**
     * Takes the ACTIVE checkpoint that nobody has begun to verify for longest, if that is longer than {@code age}; it is nobody
     * else's for as long.
     */
    Optional<Checkpoint> nextToVerify(Duration age);

    /** Makes an ACTIVE checkpoint CORRUPT. Does nothing to any other. */
    void markCorrupt(CheckpointName name, String message);

    /** Makes a checkpoint DELETED, and has its files removed. Does nothing to one that is DELETED. */
    void markDeleted(CheckpointName name);

    /** Keeps the files of a DELETED checkpoint from being removed from now on: somebody has written them anew. */
    void keepFiles(CheckpointName name);
}
