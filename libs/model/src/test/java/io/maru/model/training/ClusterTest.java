package io.maru.model.training;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.maru.model.TestModels;
import io.maru.model.data.BatchForm.Planes;
import io.maru.model.weights.Weights;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several processes, each with a server of TensorFlow's. */
class ClusterTest {
    private static final int STEPS = 10;
    private static final Duration MAX_WAIT = Duration.ofMinutes(3);
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void kill() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, NONE", "2, NONE", "2, WEIGHTS_AND_TEXTS"})
    void takesTheStepsOfOneProcess(int devices, Planes planes) throws IOException, InterruptedException {
        List<Double> expected;
        TrainingOptions options = TrainingOptions.usual().withAccumulation(2).withDropout(0.1f, 3);
        try (Trainer one = Trainer.create(
                TrainingTask.of(DevicesTest.CONFIG, DevicesTest.ADAMW, DevicesTest.BATCH)
                        .with(planes),
                Weights.initial(DevicesTest.CONFIG, 42),
                options,
                TestModels.TWO_THREADS)) {
            DevicesTest.curve(one, 2, planes);
            expected = DevicesTest.curve(one, STEPS, planes);
        }

        start(devices, LIMIT, STEPS, planes);

        BufferedReader out = processes.get(0).inputReader(UTF_8);
        assertThat(out.readLine()).isEqualTo("BEGAN");
        List<Double> found =
                Arrays.stream(out.readLine().split(" ")).map(Double::valueOf).toList();
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i)).as("number " + i).isCloseTo(expected.get(i), within(1e-5));
        }
        for (Process process : processes) {
            assertThat(process.waitFor(MAX_WAIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }
    }

    @Test
    void seesAtOnceThatAnotherProcessDied() throws IOException {
        start(1, LIMIT, ClusterProcess.ENDLESS, Planes.NONE);
        BufferedReader out = processes.get(0).inputReader(UTF_8);
        assertThat(out.readLine()).isEqualTo("BEGAN");

        long killed = System.nanoTime();
        processes.get(1).destroyForcibly();

        assertThat(out.readLine()).startsWith("LOST cluster: ");
        assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(LIMIT.dividedBy(4));
    }

    @Test
    void seesWithinItsLimitThatAnotherProcessStandsStill() throws IOException, InterruptedException {
        Duration limit = Duration.ofSeconds(20);
        start(1, limit, ClusterProcess.ENDLESS, Planes.NONE);
        BufferedReader out = processes.get(0).inputReader(UTF_8);
        assertThat(out.readLine()).isEqualTo("BEGAN");

        long stopped = System.nanoTime();
        assertThat(new ProcessBuilder(
                                "kill", "-STOP", Long.toString(processes.get(1).pid()))
                        .start()
                        .waitFor())
                .isZero();

        assertThat(out.readLine())
                .isEqualTo("LOST cluster: no answer for 20000 ms (expected: an answer of every process)");
        assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(limit.multipliedBy(2));
    }

    private void start(int devices, Duration limit, int steps, Planes planes) throws IOException {
        String addresses = "127.0.0.1:" + freePort() + ",127.0.0.1:" + freePort();
        for (int rank = 0; rank < 2; rank++) {
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ClusterProcess.class.getName(),
                            Integer.toString(rank),
                            addresses,
                            Integer.toString(devices),
                            Long.toString(limit.toMillis()),
                            Integer.toString(steps),
                            planes.name())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
