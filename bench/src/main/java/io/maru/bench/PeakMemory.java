package io.maru.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The most memory that was resident while a process took training steps, ours against PyTorch's: both are children that
 * start, take the same few steps and are asked for nothing else. The number is the system's, {@code VmHWM}.
 *
 * <p>The environment variable {@code MARU_PYTHON} names a Python that has torch; {@code python3} otherwise.
 */
public final class PeakMemory {
    private static final int ROUNDS = 3;
    private static final int STEPS = 3;
    private static final double MIB = 1 << 20;

    private PeakMemory() {}

    /** @param args path of torch_step.py, mode (fp32 or bf16), vocabulary, block, layers, heads, width, batch */
    public static void main(String[] args) throws IOException {
        if (args.length != 8) {
            throw new IllegalArgumentException("arguments: " + args.length
                    + " (expected: torch_step.py mode vocabulary block layers heads width batch)");
        }
        String mode = args[1];
        int threads = Runtime.getRuntime().availableProcessors();
        List<String> shape = Stream.concat(Arrays.stream(args).skip(2), Stream.of(Integer.toString(threads)))
                .toList();
        List<String> ours = command(
                List.of(
                        ProcessHandle.current().info().command().orElse("java"),
                        // As the training service runs.
                        "-Xmx384m",
                        "-XX:+UseSerialGC",
                        "-classpath",
                        System.getProperty("java.class.path"),
                        StepProcess.class.getName()),
                shape);
        List<String> theirs = command(List.of(System.getenv().getOrDefault("MARU_PYTHON", "python3"), args[0]), shape);
        List<Long> maru = new ArrayList<>();
        List<Long> torch = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            maru.add(peak(ours, mode));
            torch.add(peak(theirs, mode));
        }
        System.out.printf(
                "ratio %.2f by median, %.2f by best (peak resident, ours / PyTorch's; below 1 we take less)%n",
                (double) median(maru) / median(torch), (double) min(maru) / min(torch));
        System.out.printf("maru    %s median %.0f MiB   best %.0f MiB%n", mode, median(maru) / MIB, min(maru) / MIB);
        System.out.printf("pytorch %s median %.0f MiB   best %.0f MiB%n", mode, median(torch) / MIB, min(torch) / MIB);
        System.out.printf(
                "%s, %d processes of %d steps each, %d threads, load average %.2f%n",
                String.join(" ", Arrays.asList(args).subList(2, args.length)),
                ROUNDS,
                STEPS,
                threads,
                Times.loadAverage());
    }

    private static List<String> command(List<String> program, List<String> shape) {
        return Stream.concat(program.stream(), shape.stream()).toList();
    }

    /** Bytes, after the steps are taken. */
    private static long peak(List<String> command, String mode) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("MALLOC_ARENA_MAX", "2");
        Process process = builder.start();
        try (BufferedReader out = process.inputReader(UTF_8);
                BufferedWriter in = process.outputWriter(UTF_8)) {
            answer(out);
            in.write(mode + " " + STEPS + "\n");
            in.flush();
            answer(out);
            return highWater(process.pid());
        } finally {
            process.destroy();
        }
    }

    private static long highWater(long pid) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> line.replaceAll("\\D", ""))
                .mapToLong(kibibytes -> Long.parseLong(kibibytes) << 10)
                .findFirst()
                .orElseThrow();
    }

    private static String answer(BufferedReader out) throws IOException {
        String line = out.readLine();
        if (line == null) {
            throw new IOException("the process ended (expected: a line)");
        }
        return line;
    }

    private static long median(List<Long> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static long min(List<Long> values) {
        return values.stream().mapToLong(Long::longValue).min().orElseThrow();
    }
}
