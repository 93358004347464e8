package io.maru.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir
    Path folder;

    @Test
    void aDirectoryThatIsYetToBeMadeIsJudgedByTheOneThatIsThere() throws Exception {
        assertThat(new DataDirectory(folder.resolve("new/data")).problem()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aFileIsNoDirectory() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");

        assertThat(new DataDirectory(file).problem())
                .contains(file + ": not a directory (expected: a directory of yours; choose one with --data)");
    }

    @Test
    void whereNothingCanBeWrittenTheDirectoryAndTheWayOutAreNamed() {
        // Not even root writes there.
        Path data = Path.of("/proc/maru");

        assertThat(new DataDirectory(data).problem())
                .contains("cannot write in /proc/maru (expected: a directory of yours; choose one with --data)");
    }

    @Test
    void whereProgramsDoNotRunTheDirectoryAndTheWayOutAreNamed() throws Exception {
        Path memory = Path.of("/dev/shm");
        assumeTrue(
                Files.isWritable(memory)
                        && Files.readAllLines(Path.of("/proc/mounts")).stream()
                                .anyMatch(mount -> mount.contains(" /dev/shm ") && mount.contains("noexec")),
                "this machine has no directory that forbids programs");

        assertThat(new DataDirectory(memory).problem()).hasValueSatisfying(problem -> assertThat(problem)
                .startsWith("/dev/shm: programs cannot be executed there (expected: "));
    }
}
