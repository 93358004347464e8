package io.maru.checkpoint.app;

import io.maru.formats.SealedFile;
import java.util.Optional;

/** Reads, copies and writes the objects of checkpoints and model versions. */
public interface CheckpointBytes {
    /** Reads an object to its end; empty where there is none. */
    Optional<SealedFile> measure(String key);

    /** What the store itself attests of an object; where it attests nothing, {@link #measure}. */
    Optional<SealedFile> find(String key);

    /**
     * {@link #find} of an object in the safetensors format.
     *
     * @throws io.maru.formats.CorruptFileException where its header cannot be read or does not fit its size
     */
    Optional<SealedFile> findTensors(String key);

    /** Copies an object within the store; false where there is none to copy. */
    boolean copy(String from, String to);

    void write(String key, byte[] content);

    /** Does nothing where there is no such object. */
    void delete(String key);
}
