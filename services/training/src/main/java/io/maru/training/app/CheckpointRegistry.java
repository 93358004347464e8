package io.maru.training.app;

import io.maru.formats.SealedFile;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Who keeps the checkpoints. Every method may throw what {@code Faults.isTransient} recognises: try again. */
public interface CheckpointRegistry {
    /**
     * A checkpoint that is kept.
     *
     * @param name {@code {run}/checkpoints/{training}-{step}}, also the prefix of its object keys
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
    record Candidate(
            String run,
            String training,
            long step,
            Map<String, SealedFile> files,
            String dataset,
            String tokenizer,
            double validationLoss) {}

    /** {@code {run}/checkpoints/{training}-{step}}, also the prefix of a checkpoint's object keys. */
    static String name(String run, String training, long step) {
        return run + "/checkpoints/" + training + "-" + step;
    }

    /** Finds the ACTIVE checkpoint of a training with the highest step. */
    Optional<Kept> newest(String run, String training);

    /** Lists all ACTIVE checkpoints of a training, the highest step first. */
    List<Kept> all(String run, String training);

    /**
     * A checkpoint or a model version that can be used.
     *
     * @param name also the prefix of its object keys
     * @param files by file name
     */
    record Found(String name, Map<String, SealedFile> files) {}

    /**
     * Finds a checkpoint, or a model version by its name or by an alias.
     *
     * @return empty where there is none
     */
    Optional<Found> find(String name);

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
