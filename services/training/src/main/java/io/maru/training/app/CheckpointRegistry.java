package io.maru.training.app;

import io.maru.formats.SealedFile;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Who keeps the checkpoints. Every method may throw what {@code GrpcErrors.isTransient} recognises: try again. */
public interface CheckpointRegistry {
    /**
     * A checkpoint that is kept.
     *
     * @param name {@code runs/{run}/checkpoints/{step}}, also the prefix of its object keys
     * @param files by file name
     * @param validationLoss of these weights, in nats per token; 0 where none was measured
     */
    record Kept(String name, long step, Map<String, SealedFile> files, double validationLoss) {}

    /**
     * A checkpoint to keep.
     *
     * @param files by file name
     * @param validationLoss of these weights, in nats per token; 0 where none was measured
     */
    record Candidate(String run, long step, Map<String, SealedFile> files, String dataset, double validationLoss) {}

    /** {@code runs/{run}/checkpoints/{step}}, also the prefix of a checkpoint's object keys. */
    static String name(String run, long step) {
        return run + "/checkpoints/" + step;
    }

    /** The ACTIVE checkpoint of a run with the highest step. */
    Optional<Kept> newest(String run);

    /** All ACTIVE checkpoints of a run, the highest step first. */
    List<Kept> all(String run);

    /** Has a checkpoint's files deleted; does nothing the second time. */
    void delete(String name);

    /** Has the checkpoint's files read again; false where they are not what was registered. */
    boolean isIntact(String name);

    /**
     * Has the checkpoint's files compared and sealed.
     *
     * @throws io.maru.platform.error.Refusal CHECKPOINT_REFUSED
     */
    void register(Candidate candidate);
}
