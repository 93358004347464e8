package io.maru.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassArchiveTest {
    @TempDir
    Path folder;

    private Path program;
    private ClassArchive archive;

    @BeforeEach
    void program() throws Exception {
        program = Files.createFile(folder.resolve("program.jar"));
        archive = ClassArchive.of(folder.resolve("archives"), "program", program);
    }

    private Path draft() {
        return Path.of(archive.options().get(0).substring("-XX:ArchiveClassesAtExit=".length()));
    }

    @Test
    void theFirstLifeWritesOneAndTheNextStartsFromIt() throws Exception {
        Files.writeString(draft(), "classes");
        archive.keep();

        assertThat(archive.options()).contains("-XX:SharedArchiveFile=" + archive.archive());
        assertThat(archive.archive()).hasContent("classes");
    }

    @Test
    void aProgramThatWasBuiltAnewGetsAnotherArchive() throws Exception {
        Files.writeString(draft(), "classes");
        archive.keep();
        Files.setLastModifiedTime(program, FileTime.from(Instant.now().plusSeconds(10)));

        assertThat(archive.options().get(0)).startsWith("-XX:ArchiveClassesAtExit=");
    }

    @Test
    void halfAnArchiveIsNone() throws Exception {
        Files.writeString(draft(), "half");
        archive.discard();
        archive.keep();

        assertThat(archive.archive()).doesNotExist();
    }

    @Test
    void whereNoneCanBeKeptTheProgramStartsWithout() {
        assertThat(ClassArchive.of(Path.of("/proc/archives"), "program", program)
                        .options())
                .isEqualTo(List.of());
    }
}
