package io.maru.cli.doctor;

import io.maru.cli.doctor.Check.Verdict;
import io.maru.cli.stack.DataDirectory;
import io.maru.cli.stack.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** What this machine offers to Maru. */
public final class Machine {
    private static final Instant BUILT = Instant.parse("2026-01-01T00:00:00Z");
    private static final long GIB = 1L << 30;
    private static final long MIN_MEMORY = 4 * GIB;
    private static final long GOOD_MEMORY = 6 * GIB;
    private static final long MIN_DISK = 3 * GIB;

    private Machine() {}

    public static List<Check> examine(Path root, Path data, Ports ports, boolean stackRuns) {
        List<Check> checks = new ArrayList<>();
        checks.add(jdk());
        checks.add(platform());
        checks.add(locale());
        checks.add(user());
        checks.add(path(root));
        checks.add(clock());
        checks.add(memory());
        checks.add(directory(data));
        checks.add(disk(data));
        checks.add(ports(ports, stackRuns));
        checks.add(processor());
        checks.addAll(Gpu.of(root).checks());
        return checks;
    }

    private static Check jdk() {
        int version = Runtime.version().feature();
        String found = "Java " + Runtime.version() + " at " + System.getProperty("java.home");
        if (version < 17) {
            return new Check("JDK", Verdict.WRONG, found + " (expected: 17 or newer)");
        }
        return ToolProvider.getSystemJavaCompiler() == null
                ? new Check("JDK", Verdict.NOTE, found + " without a compiler (expected: a JDK, to build)")
                : new Check("JDK", Verdict.OK, found);
    }

    private static Check platform() {
        String system = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        boolean supported = system.equals("Linux amd64");
        return new Check(
                "system",
                supported ? Verdict.OK : Verdict.WRONG,
                system + (supported ? "" : " (expected: Linux amd64, for which the natives are packaged)"));
    }

    private static Check locale() {
        String encoding = System.getProperty("sun.jnu.encoding", "unknown");
        String found = Locale.getDefault().equals(Locale.ROOT)
                ? encoding + " for arguments and file names"
                : Locale.getDefault().toLanguageTag() + ", " + encoding + " for arguments and file names";
        return encoding.equalsIgnoreCase("UTF-8")
                ? new Check("locale", Verdict.OK, found)
                : new Check(
                        "locale",
                        Verdict.NOTE,
                        found
                                + " (expected: UTF-8; LC_ALL=C.UTF-8, else letters outside of ASCII become question marks)");
    }

    private static Check user() {
        String name = System.getProperty("user.name");
        return name.equals("?")
                ? new Check(
                        "user",
                        Verdict.NOTE,
                        "has no name (expected: one in /etc/passwd; without it PostgreSQL runs in a user namespace, which the"
                                + " kernel must allow)")
                : new Check("user", Verdict.OK, name);
    }

    private static Check path(Path root) {
        return root.toString().matches("[\\p{L}\\p{N} /._+=@,~-]+")
                ? new Check("path", Verdict.OK, root.toString())
                : new Check(
                        "path", Verdict.NOTE, root + " (better: letters, digits, spaces and / . _ + = @ , ~ - only)");
    }

    private static Check clock() {
        Instant now = Instant.now();
        // Certificates, leases and events of other machines are compared with it.
        return now.isBefore(BUILT)
                ? new Check("clock", Verdict.WRONG, now + " (expected: after " + BUILT + ", when this was released)")
                : new Check(
                        "clock", Verdict.OK, now.truncatedTo(ChronoUnit.SECONDS).toString());
    }

    private static Check directory(Path data) {
        return new DataDirectory(data)
                .problem()
                .map(problem -> new Check("data", Verdict.WRONG, problem))
                .orElse(new Check("data", Verdict.OK, data + " can be written, and programs run there"));
    }

    private static Check memory() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long total = system.getTotalMemorySize();
        String found = String.format(Locale.ROOT, "%.1f GiB", (double) total / GIB);
        if (total < MIN_MEMORY) {
            return new Check("memory", Verdict.WRONG, found + " (expected: at least " + MIN_MEMORY / GIB + " GiB)");
        }
        return total < GOOD_MEMORY
                ? new Check("memory", Verdict.NOTE, found + " (better: " + GOOD_MEMORY / GIB + " GiB or more)")
                : new Check("memory", Verdict.OK, found);
    }

    private static Check disk(Path data) {
        Path existing = data.toAbsolutePath();
        while (!Files.exists(existing)) {
            existing = existing.getParent();
        }
        try {
            FileStore store = Files.getFileStore(existing);
            long free = store.getUsableSpace();
            String found = String.format(Locale.ROOT, "%.1f GiB free for %s", (double) free / GIB, data);
            return free < MIN_DISK
                    ? new Check("disk", Verdict.WRONG, found + " (expected: at least " + MIN_DISK / GIB + " GiB)")
                    : new Check("disk", Verdict.OK, found);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Check ports(Ports ports, boolean stackRuns) {
        if (stackRuns) {
            return new Check("ports", Verdict.OK, "in use by the running stack");
        }
        String taken = ports.byName().entrySet().stream()
                .filter(port -> !Ports.isFree(port.getValue()))
                .map(port -> port.getKey() + " " + port.getValue())
                .collect(Collectors.joining(", "));
        return taken.isEmpty()
                ? new Check("ports", Verdict.OK, "free from " + ports.first())
                : new Check(
                        "ports",
                        Verdict.WRONG,
                        "taken: " + taken + " (expected: free; choose others with --port-base)");
    }

    private static Check processor() {
        Set<String> flags = new LinkedHashSet<>();
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            lines.filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .ifPresent(line -> flags.addAll(List.of(
                            line.substring(line.indexOf(':') + 1).strip().split(" "))));
        } catch (IOException e) {
            return new Check("CPU", Verdict.NOTE, "features unknown: no /proc/cpuinfo");
        }
        List<String> useful = Stream.of("avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16")
                .filter(flags::contains)
                .toList();
        String found = Runtime.getRuntime().availableProcessors() + " processors, " + String.join(" ", useful);
        // TensorFlow's binaries are built for AVX and end with an illegal instruction without it.
        if (!flags.contains("avx")) {
            return new Check("CPU", Verdict.WRONG, found + " (expected: avx, which TensorFlow needs)");
        }
        String precision = flags.contains("amx_bf16") || flags.contains("avx512_bf16")
                ? "; precision: bfloat16 is computed by the processor itself"
                : "; precision: float32 (bfloat16 works, and is slower)";
        found += precision;
        return flags.contains("avx2")
                ? new Check("CPU", Verdict.OK, found)
                : new Check("CPU", Verdict.NOTE, found + " (better: avx2 and fma)");
    }
}
