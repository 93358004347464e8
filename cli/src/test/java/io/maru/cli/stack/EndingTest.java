package io.maru.cli.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EndingTest {
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void killTheRest() {
        processes.forEach(Process::destroyForcibly);
    }

    @Test
    void manyThatDoNotListenEndByOneDeadline() throws Exception {
        List<ProcessHandle> deaf = List.of(deaf(), deaf(), deaf(), deaf());
        ProcessHandle polite = start("exec sleep 600");
        List<ProcessHandle> all = new ArrayList<>(deaf);
        all.add(polite);
        long start = System.nanoTime();

        List<ProcessHandle> killed = Ending.of(all, Duration.ofMillis(500));

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(500), Duration.ofMillis(500).plus(Ending.MAX_BURIAL));
        assertThat(killed).containsExactlyInAnyOrderElementsOf(deaf);
        assertThat(all).noneMatch(ProcessHandle::isAlive);
    }

    @Test
    void nobodyIsWaitedForWhoHasEnded() throws Exception {
        ProcessHandle polite = start("exec sleep 600");
        long start = System.nanoTime();

        assertThat(Ending.of(List.of(polite), Duration.ofSeconds(60))).isEmpty();

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
    }

    @Test
    void downWaitsLongerThanAStopMayTake() {
        assertThat(Supervisor.MAX_STOP.plusSeconds(10)).isLessThanOrEqualTo(Stack.MAX_STOP);
    }

    /** Answers once it ignores SIGTERM. */
    private ProcessHandle deaf() throws IOException {
        return start("trap '' TERM; echo; while true; do sleep 600; done");
    }

    private ProcessHandle start(String script) throws IOException {
        Process process = new ProcessBuilder("/bin/sh", "-c", script).start();
        processes.add(process);
        if (script.startsWith("trap")) {
            assertThat(process.getInputStream().read()).isEqualTo('\n');
        }
        return process.toHandle();
    }
}
