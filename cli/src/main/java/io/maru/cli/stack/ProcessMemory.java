package io.maru.cli.stack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The resident memory of processes, as Linux counts it; 0 where there is no {@code /proc}. */
public final class ProcessMemory {
    private ProcessMemory() {}

    /** In bytes, shared pages divided among those who share them where the kernel tells. */
    public static long resident(ProcessHandle process) {
        long proportional = kibibytes(process, "smaps_rollup", "Pss:");
        return 1024 * (proportional > 0 ? proportional : kibibytes(process, "status", "VmRSS:"));
    }

    public static long residentOfTree(ProcessHandle process) {
        return Stream.concat(Stream.of(process), process.descendants())
                .mapToLong(ProcessMemory::resident)
                .sum();
    }

    private static long kibibytes(ProcessHandle process, String file, String field) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(process.pid()), file))) {
            return lines.filter(line -> line.startsWith(field))
                    .map(line ->
                            line.substring(field.length()).replace("kB", "").strip())
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | java.io.UncheckedIOException e) {
            // The process has just ended, or this is not Linux: either way it has no memory to count here.
            return 0;
        }
    }
}
