package io.maru.training.app;

import io.maru.formats.Content;
import io.maru.formats.SealedFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** Reads and writes training's objects. Methods throw the refusals of the platform's object store. */
public interface TrainingBytes {
    /** Reads a small object whole. */
    byte[] read(String key, int limit);

    /** Reads a part of an object; the caller closes the stream. */
    InputStream open(String key, long offset, long length);

    /** Copies an object into a file, which is there only if its bytes are the expected ones. */
    void fetch(String key, Path into, SealedFile expected);

    SealedFile put(String key, Path file);

    /**
     * Writes what is known already.
     *
     * @param spare a name that no file has: what is too large to be sent at once is written there first
     * @throws io.maru.platform.error.Refusal OBJECT_CORRUPT where its bytes are not what they were
     */
    void put(String key, Content content, SealedFile known, Path spare) throws IOException;
}
