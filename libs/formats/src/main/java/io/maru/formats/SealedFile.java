package io.maru.formats;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What is known of a file that never changes again.
 *
 * @param size in bytes
 * @param sha256 64 lowercase hexadecimal digits
 */
public record SealedFile(long size, String sha256) {
    public SealedFile {
        if (size < 0) {
            throw new IllegalArgumentException("size: " + size + " (expected: >= 0)");
        }
        Sha256.requireHex(sha256, "sha256");
    }

    /** Measures a file by reading all of it. */
    public static SealedFile of(Path file) throws IOException {
        return new SealedFile(Files.size(file), Sha256.of(file));
    }

    /**
     * Reads a file, such as one that was just fetched, and returns if it is this one to the last bit.
     *
     * @throws CorruptFileException if its size or its digest differs
     */
    public void verify(Path file) throws IOException {
        long foundSize = Files.size(file);
        if (foundSize != size) {
            throw new CorruptFileException(file.toString(), "size", foundSize + " bytes", size + " bytes");
        }
        String foundSha256 = Sha256.of(file);
        if (!foundSha256.equals(sha256)) {
            throw new CorruptFileException(file.toString(), "sha256", foundSha256, sha256);
        }
    }
}
