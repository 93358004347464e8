package io.maru.cli.run;

import io.maru.checkpoint.v1.ExportModelVersionResponse;
import io.maru.cli.CommandFailure;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Writes files that a service sends, each under its name only once it is whole. */
public final class ReceivedFiles {
    /** A file that was written. */
    public record File(String name, long size, String sha256) {}

    private ReceivedFiles() {}

    /** @throws CommandFailure where there is something in the folder that could be taken for a part of what is sent */
    public static void requireEmpty(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            if (entries.findAny().isPresent()) {
                throw CommandFailure.badInput(
                        "folder: %s: not empty (expected: an empty folder, or one that is not there yet)"
                                .formatted(folder));
            }
        } catch (IOException e) {
            throw CommandFailure.badInput("folder: %s: %s".formatted(folder, CommandFailure.problem(e)));
        }
    }

    /** Reads the stream to its end; its first part is asked for before the folder is made. */
    public static List<File> write(Iterator<ExportModelVersionResponse> parts, Path folder) {
        List<File> written = new ArrayList<>();
        try {
            while (parts.hasNext()) {
                ExportModelVersionResponse.Header header = parts.next().getHeader();
                Files.createDirectories(folder);
                written.add(write(header, parts, folder));
            }
        } catch (IOException e) {
            throw CommandFailure.failed("INPUT_OUTPUT", folder + ": " + CommandFailure.problem(e));
        }
        return List.copyOf(written);
    }

    private static File write(
            ExportModelVersionResponse.Header header, Iterator<ExportModelVersionResponse> parts, Path folder)
            throws IOException {
        String name = header.getFileName();
        if (name.isEmpty() || !Path.of(name).getFileName().toString().equals(name) || name.startsWith(".")) {
            throw CommandFailure.failed("EXPORT_BROKEN", "a file called \"" + name + "\" (expected: a plain name)");
        }
        Path unfinished = folder.resolve(name + ".part");
        MessageDigest digest = sha256();
        long size = 0;
        String expected = "";
        try (OutputStream out = Files.newOutputStream(unfinished)) {
            while (expected.isEmpty() && parts.hasNext()) {
                ExportModelVersionResponse part = parts.next();
                if (part.hasTrailer()) {
                    expected = part.getTrailer().getSha256();
                } else {
                    part.getChunk().writeTo(out);
                    digest.update(part.getChunk().asReadOnlyByteBuffer());
                    size += part.getChunk().size();
                }
            }
        }
        String found = HexFormat.of().formatHex(digest.digest());
        if (size != header.getSize() || !found.equals(expected)) {
            throw CommandFailure.failed(
                    "EXPORT_BROKEN",
                    String.format(
                            Locale.ROOT,
                            "%s: %d bytes with sha256 %s (expected: %d bytes with sha256 %s)",
                            name,
                            size,
                            found,
                            header.getSize(),
                            expected));
        }
        Files.move(unfinished, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        return new File(name, size, found);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
