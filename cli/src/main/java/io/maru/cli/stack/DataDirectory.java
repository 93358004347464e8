package io.maru.cli.stack;

import io.maru.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/** The directory of a stack's data, which must take files and run programs: PostgreSQL's are unpacked there. */
public record DataDirectory(Path path) {

    /** @throws CommandFailure where it cannot be written, or what is in it cannot be executed, with the way out */
    public void check() {
        problem().ifPresent(problem -> {
            throw CommandFailure.badInput(problem);
        });
    }

    /** What is wrong, as a sentence; nothing where all is well. */
    public Optional<String> problem() {
        Path existing = path.toAbsolutePath();
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing == null || !Files.isDirectory(existing)) {
            return Optional.of(path + ": not a directory (expected: a directory of yours; choose one with --data)");
        }
        Optional<Path> probe = probe(existing);
        if (probe.isEmpty()) {
            return Optional.of("cannot write in " + path + " (expected: a directory of yours; choose one with --data)");
        }
        try {
            return runs(probe.get())
                    ? Optional.empty()
                    : Optional.of(
                            path + ": programs cannot be executed there (expected: a file system that is not mounted"
                                    + " noexec; choose one with --data)");
        } finally {
            delete(probe.get());
        }
    }

    /** Whether programs can be unpacked and executed in a directory that exists. */
    static boolean isUsable(Path directory) {
        return directory.isAbsolute()
                && Files.isDirectory(directory)
                && new DataDirectory(directory).problem().isEmpty();
    }

    /** A program of one line; nothing where it cannot be written. */
    private static Optional<Path> probe(Path directory) {
        try {
            Path program = Files.createTempFile(
                    directory,
                    ".maru-",
                    ".sh",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.writeString(program, "#!/bin/sh\nexit 0\n");
            return Optional.of(program);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean runs(Path program) {
        try {
            return new ProcessBuilder(program.toString()).start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.failed("INTERRUPTED", "interrupted");
        }
    }

    private static void delete(Path program) {
        try {
            Files.delete(program);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
