package io.maru.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The packaged product, used as its users do: the maru script, gRPC, and the signals of the operating system. */
final class Product {
    static final List<String> SERVICES =
            List.of("control", "ingestion", "tokenization", "training", "checkpoint", "evaluation", "inference");
    private static final int KAFKA_OFFSET = 92;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path root = Path.of(System.getProperty("maru.root"));
    private final Path data;
    private final int firstPort;
    private final Map<String, String> environment;

    /** @param environment of each process, besides the test's own */
    Product(Path data, Map<String, String> environment) {
        this.data = data;
        this.environment = environment;
        this.firstPort = freeRange();
    }

    /** An object of the store, which keeps each as a file. */
    Path object(String key) {
        return data.resolve("infra/s3/maru").resolve(key);
    }

    /** What a command printed, and how it ended. */
    record Ended(int exitCode, String out, String err) {
        /** The last line, which is one JSON object. */
        JsonNode json() {
            List<String> lines = out.lines().toList();
            try {
                return JSON.readTree(lines.get(lines.size() - 1));
            } catch (IOException e) {
                throw new UncheckedIOException(out, e);
            }
        }
    }

    void up() {
        Ended up = maru("up", "--port-base", Integer.toString(firstPort), "--json");
        assertThat(up.exitCode()).as(up.err()).isZero();
        assertThat(up.json().path("state").asText()).isEqualTo("READY");
    }

    void down() {
        Ended down = maru("down");
        assertThat(down.exitCode()).as(down.err()).isZero();
    }

    /** Runs the script to its end. */
    Ended maru(String... arguments) {
        try {
            Path err = Files.createTempFile("maru", ".err");
            Path out = Files.createTempFile("maru", ".out");
            Process process = start(out, err, arguments);
            assertThat(process.waitFor(10, TimeUnit.MINUTES))
                    .as("%s ended", List.of(arguments))
                    .isTrue();
            return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private Process start(Path out, Path err, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(root.resolve("maru").toString()));
        command.addAll(List.of(arguments));
        command.add("--data");
        command.add(data.toString());
        ProcessBuilder process =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        process.environment().putAll(environment);
        return process.start();
    }

    /** Submits and answers with the run's name. */
    String submit(Path recipe, Path text) {
        return name(maru("submit", recipe.toString(), "--text", text.toString(), "--json"));
    }

    /** {@link #submit(Path, Path)} of a recipe that reads no text. */
    String submit(Path recipe) {
        return name(maru("submit", recipe.toString(), "--json"));
    }

    private static String name(Ended submitted) {
        assertThat(submitted.exitCode()).as(submitted.err()).isZero();
        return submitted.json().path("run").asText();
    }

    /** Follows a run to its end; its report. */
    JsonNode watch(String run) {
        Ended watched = maru("watch", run, "--json");
        assertThat(watched.exitCode()).as(watched.err() + watched.out()).isZero();
        return watched.json();
    }

    ManagedChannel channel(String service) {
        return NettyChannelBuilder.forAddress("127.0.0.1", firstPort + SERVICES.indexOf(service))
                .usePlaintext()
                .build();
    }

    String kafka() {
        return "127.0.0.1:" + (firstPort + KAFKA_OFFSET);
    }

    /** kill -9. */
    void kill(String service) {
        ProcessHandle process = process(service);
        assertThat(process.destroyForcibly()).isTrue();
        await().until(() -> !process.isAlive());
    }

    void awaitRestart(String service, int restarts) {
        await().until(() -> state(service).path("restarts").asInt() >= restarts);
    }

    private ProcessHandle process(String service) {
        return ProcessHandle.of(state(service).path("pid").asLong()).orElseThrow();
    }

    private JsonNode state(String service) {
        try {
            JsonNode stack = JSON.readTree(Files.readAllBytes(data.resolve("stack.json")));
            for (JsonNode process : stack.path("processes")) {
                if (process.path("name").asText().equals(service)) {
                    return process;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new AssertionError(service + ": not in stack.json");
    }

    static org.awaitility.core.ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofMinutes(3)).pollInterval(Duration.ofMillis(100));
    }

    /** Below the range from which the system takes the ports of outgoing connections. */
    private static int freeRange() {
        for (int first = 21_000; first < 32_000; first += 200) {
            if (isFree(first) && isFree(first + 6) && isFree(first + KAFKA_OFFSET)) {
                return first;
            }
        }
        throw new AssertionError("no free ports between 21000 and 32000");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
