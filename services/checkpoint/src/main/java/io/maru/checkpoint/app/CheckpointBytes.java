package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Pace;
import io.maru.formats.SealedFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads, copies and writes the objects of checkpoints, model versions and imports. */
public interface CheckpointBytes {
    /** Reads an object to its end; empty where there is none. */
    Optional<SealedFile> measure(String key);

    /** {@link #measure(String)} at a pace that leaves the store to others. */
    Optional<SealedFile> measure(String key, Pace pace);

    /** What the store itself attests of an object; where it attests nothing, {@link #measure}. */
    Optional<SealedFile> find(String key);

    /**
     * {@link #find} of an object in the safetensors format.
     *
     * @throws io.maru.formats.CorruptFileException where its header cannot be read or does not fit its size
     */
    Optional<SealedFile> findTensors(String key);

    /** In bytes; empty where there is no such object. */
    OptionalLong size(String key);

    /** The keys that begin with {@code prefix}, sorted. */
    List<String> list(String prefix);

    /** The whole of a small object; empty where there is none, or one of more than {@code maxBytes}. */
    Optional<byte[]> read(String key, int maxBytes);

    /**
     * Copies an object to a file.
     *
     * @param sha256 of its bytes; empty where nobody knows
     * @throws io.maru.platform.error.Refusal OBJECT_MISSING; OBJECT_CORRUPT where it is of other bytes
     */
    void fetch(String key, Path into, Optional<String> sha256);

    /** Copies an object within the store; false where there is none to copy. */
    boolean copy(String from, String to);

    void write(String key, byte[] content);

    /** Writes a file whose size and digest are known. */
    void write(String key, Path file, SealedFile known);

    /** Does nothing where there is no such object. */
    void delete(String key);
}
