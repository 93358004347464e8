package io.maru.training.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What Linux tells of the memory of a process; 0 bytes of one that is gone. */
final class ProcessMemory {
    private ProcessMemory() {}

    /** Bytes of this process that are in memory now. */
    static long resident() {
        return read("self", "VmRSS:");
    }

    /** Bytes of a process that were in memory at once, at most so far. */
    static long peak(long pid) {
        return read(Long.toString(pid), "VmHWM:");
    }

    private static long read(String process, String field) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc", process, "status"))) {
                if (line.startsWith(field)) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
                }
            }
            return 0;
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
