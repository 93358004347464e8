package io.maru.platform.file;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A temporary folder that is gone, with all that is in it, when it is closed. */
public record WorkFolder(Path path) implements AutoCloseable {
    /** Begins the names of what a later process may delete: of these folders, and of whatever else is temporary there. */
    public static final String PREFIX = "work-";

    /** Makes a new folder in {@code parent}, which is there. */
    public static WorkFolder create(Path parent) throws IOException {
        return new WorkFolder(Files.createTempDirectory(parent, PREFIX));
    }

    /** Makes sure that {@code parent} is there, without what a process that was killed has left in it. */
    public static Path tidied(Path parent) throws IOException {
        Files.createDirectories(parent);
        try (DirectoryStream<Path> left = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path path : left) {
                Folders.delete(path);
            }
        }
        return parent;
    }

    @Override
    public void close() throws IOException {
        Folders.delete(path);
    }
}
