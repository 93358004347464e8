package io.maru.cli.stack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The classes of one program as the JVM keeps them in memory, written at the end of its first life, from which later ones
 * start in half the time (JEP 350). It belongs to one build and one JVM: another has an archive of its own.
 *
 * @param archive where it is, or shall be
 * @param program the jar that it was made of
 */
record ClassArchive(Path archive, Path program) {

    /** @param folder shared by all stacks of one build */
    static ClassArchive of(Path folder, String name, Path program) {
        return new ClassArchive(folder.resolve(name + "-" + Runtime.version() + ".jsa"), program);
    }

    /** What to tell the JVM: to use the archive, or to write one when it ends. */
    List<String> options() {
        try {
            if (isCurrent()) {
                return List.of("-XX:SharedArchiveFile=" + archive, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
            }
            Files.createDirectories(archive.getParent());
            return Files.isWritable(archive.getParent())
                    ? List.of("-XX:ArchiveClassesAtExit=" + draft(), "-Xlog:cds=off", "-Xlog:cds+dynamic=off")
                    : List.of();
        } catch (IOException e) {
            // An archive only saves time: where none can be kept, the program starts as it would without.
            return List.of();
        }
    }

    private boolean isCurrent() throws IOException {
        return Files.exists(archive)
                && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(program)) >= 0;
    }

    /** After the program's end: what it wrote takes its place at once, so that nobody ever reads half of it. */
    void keep() {
        try {
            if (Files.exists(draft())) {
                Files.move(draft(), archive, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** After an end that was no end: what was written of it is no archive. */
    void discard() {
        try {
            Files.deleteIfExists(draft());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of this supervisor alone: two stacks may end at the same moment. */
    private Path draft() {
        return archive.resolveSibling(
                archive.getFileName() + "." + ProcessHandle.current().pid());
    }
}
