package io.maru.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StackStateTest {
    @TempDir
    Path data;

    private static StackState.Process of(ProcessHandle handle) {
        return StackState.Process.of("supervisor", handle, 0, 0);
    }

    @Test
    void namesALivingProcessByWhatNoClockMoves() throws Exception {
        Process sleeping = new ProcessBuilder("sleep", "1000").start();
        try {
            new StackState(7100, of(sleeping.toHandle()), List.of()).write(data);

            StackState read = StackState.read(data).orElseThrow();

            assertThat(read.isRunning()).isTrue();
            String boot =
                    Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
            assertThat(read.supervisor().start()).matches(boot + "\\+[0-9]+");
        } finally {
            sleeping.destroyForcibly().waitFor();
        }
        assertThat(StackState.read(data).orElseThrow().isRunning()).isFalse();
    }

    @Test
    void anotherProcessOfTheSameNumberIsNotMeant() {
        StackState.Process mine = of(ProcessHandle.current());
        StackState.Process earlier = new StackState.Process("supervisor", mine.pid(), mine.start() + "0", 0, 0);

        assertThat(mine.handle()).isPresent();
        assertThat(earlier.handle()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"firstPort\": 71", "[]", "nonsense"})
    void aTornFileNamesNobody(String content) throws Exception {
        Files.writeString(data.resolve("stack.json"), content);

        assertThat(StackState.read(data)).isEmpty();
    }
}
