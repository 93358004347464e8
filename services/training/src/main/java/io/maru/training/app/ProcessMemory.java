package io.maru.training.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;

/** Asks Linux for the memory of processes. */
final class ProcessMemory {
    private ProcessMemory() {}

    /** Bytes of this process, and of those that it started, that are in memory now. */
    static long resident() {
        ProcessHandle self = ProcessHandle.current();
        return LongStream.concat(LongStream.of(self.pid()), self.children().mapToLong(ProcessHandle::pid))
                .map(ProcessMemory::resident)
                .sum();
    }

    /** Gives 0 for a process that is gone. */
    private static long resident(long pid) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
                }
            }
            return 0;
        } catch (IOException e) {
            if (ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty()) {
                return 0;
            }
            throw new UncheckedIOException(e);
        }
    }
}
