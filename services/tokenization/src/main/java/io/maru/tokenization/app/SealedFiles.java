package io.maru.tokenization.app;

import java.nio.file.Path;
import java.util.Optional;

/** The object store as tokenization needs it. Every method refuses while the store is out of reach. */
public interface SealedFiles {
    /**
     * A small object whole; nothing where there is none.
     *
     * @throws io.maru.platform.error.Refusal OBJECT_CORRUPT where it has more than {@code maxBytes} bytes
     */
    Optional<byte[]> bytes(String key, int maxBytes);

    /**
     * Copies an object into a file.
     *
     * @throws io.maru.platform.error.Refusal OBJECT_MISSING, or OBJECT_CORRUPT where it has another digest
     */
    void fetch(String key, Path into, String sha256);

    void put(String key, Path file);

    void put(String key, byte[] content);
}
