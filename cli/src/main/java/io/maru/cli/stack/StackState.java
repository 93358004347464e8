package io.maru.cli.stack;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;

/**
 * What runs, as the supervisor last wrote it to {@code stack.json} in the data directory.
 *
 * @param supervisor the process that started the others and restarts them
 */
public record StackState(int firstPort, Process supervisor, List<Process> processes) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /**
     * A process, told apart by its start from a later one with the same id.
     *
     * @param startMillis since the epoch
     * @param port 0 for one that has none of its own
     * @param restarts how often it died and was started again
     */
    public record Process(String name, long pid, long startMillis, int port, int restarts) {

        static Process of(String name, ProcessHandle handle, int port, int restarts) {
            return new Process(name, handle.pid(), start(handle), port, restarts);
        }

        /** The living process, if it still is the one that was meant. */
        public Optional<ProcessHandle> handle() {
            return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(handle -> start(handle) == startMillis);
        }

        private static long start(ProcessHandle handle) {
            return handle.info()
                    .startInstant()
                    .map(java.time.Instant::toEpochMilli)
                    .orElse(0L);
        }
    }

    public Ports ports() {
        return new Ports(firstPort);
    }

    @JsonIgnore
    public boolean isRunning() {
        return supervisor.handle().isPresent();
    }

    public static Optional<StackState> read(Path data) {
        try {
            return Optional.of(JSON.readValue(Files.readAllBytes(file(data)), StackState.class));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void write(Path data) {
        try {
            Files.createDirectories(data);
            Path part = data.resolve("stack.json.part");
            Files.write(part, JSON.writeValueAsBytes(this));
            Files.move(part, file(data), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void delete(Path data) {
        try {
            Files.deleteIfExists(file(data));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path file(Path data) {
        return data.resolve("stack.json");
    }
}
