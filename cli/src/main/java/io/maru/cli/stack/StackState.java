package io.maru.cli.stack;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
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
     * @param start the boot that it belongs to and the clock ticks from that to its start: no clock that is set moves them
     * @param port 0 for one that has none of its own
     * @param restarts how often it died and was started again
     */
    public record Process(String name, long pid, String start, int port, int restarts) {
        /** Where the words of {@code /proc/[pid]/stat} after the program's name have the start, counted from 0 (proc(5)). */
        private static final int START_TICKS = 19;

        static Process of(String name, ProcessHandle handle, int port, int restarts) {
            return new Process(name, handle.pid(), start(handle), port, restarts);
        }

        /** The living process, if it still is the one that was meant. */
        public Optional<ProcessHandle> handle() {
            return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(handle -> start(handle)
                    .equals(start));
        }

        private static String start(ProcessHandle handle) {
            try {
                String boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id"))
                        .strip();
                String stat = Files.readString(Path.of("/proc", Long.toString(handle.pid()), "stat"));
                // The program's name stands in parentheses, and may hold spaces and parentheses of its own.
                String[] words = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                return boot + "+" + words[START_TICKS];
            } catch (IOException e) {
                // It has just ended.
                return "";
            }
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
        } catch (NoSuchFileException | JacksonException e) {
            // A power loss can leave it empty or torn; whatever it named is gone with the power.
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void write(Path data) {
        try {
            Files.createDirectories(data);
            Path part = data.resolve("stack.json.part");
            try (FileChannel channel = FileChannel.open(
                    part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap(JSON.writeValueAsBytes(this)));
                // A rename does not wait for the bytes.
                channel.force(true);
            }
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
