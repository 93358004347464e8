package io.maru.ingestion.app;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A temporary folder that is gone, with all that is in it, when it is closed. */
public record WorkFolder(Path path) implements AutoCloseable {
    static final String PREFIX = "build-";

    static WorkFolder create(Path parent) throws IOException {
        return new WorkFolder(Files.createTempDirectory(parent, PREFIX));
    }

    /** Makes sure that {@code parent} is there, without what a process that was killed has left in it. */
    public static Path tidied(Path parent) throws IOException {
        Files.createDirectories(parent);
        try (DirectoryStream<Path> left =
                Files.newDirectoryStream(parent, "{" + PREFIX + "," + TextSpool.PREFIX + "}*")) {
            for (Path path : left) {
                new WorkFolder(path).close();
            }
        }
        return parent;
    }

    @Override
    public void close() throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(path)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : deepestFirst) {
            Files.deleteIfExists(file);
        }
    }
}
