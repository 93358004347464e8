package io.maru.ingestion.app;

import io.maru.formats.Sha256;
import io.maru.ingestion.domain.TextCheck;
import io.maru.platform.file.WorkFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * A text file on its way in: each piece is checked before it goes to a temporary file, so what is kept is text so far.
 * Holds no more than the piece in hand. Closing it deletes the file.
 */
final class TextSpool implements AutoCloseable {
    private static final String PREFIX = WorkFolder.PREFIX + "text-";

    private final TextCheck check;
    private final Path path;
    private final OutputStream out;
    private final MessageDigest digest = Sha256.newDigest();

    /**
     * @param file what messages call the file
     * @param maxBytes of the whole file
     */
    TextSpool(String file, long maxBytes, Path workDirectory) throws IOException {
        this.check = new TextCheck(file, maxBytes);
        this.path = Files.createTempFile(workDirectory, PREFIX, ".spool");
        this.out = Files.newOutputStream(path);
    }

    /** @throws io.maru.platform.error.Refusal at the first byte that no text has */
    void accept(byte[] bytes, int from, int to) throws IOException {
        check.accept(bytes, from, to);
        digest.update(bytes, from, to - from);
        out.write(bytes, from, to - from);
    }

    /** The file is complete; it stays until {@link #close}. */
    SpooledText end() throws IOException {
        TextCheck.Result result = check.end();
        out.close();
        return new SpooledText(path, Sha256.hex(digest), result);
    }

    @Override
    public void close() throws IOException {
        try {
            out.close();
        } finally {
            Files.deleteIfExists(path);
        }
    }

    /** A whole file that is text. */
    record SpooledText(Path path, String sha256, TextCheck.Result check) {}
}
