package io.maru.model.training;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.model.configuration.GptConfig;
import io.maru.model.data.Batch;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.weights.Weights;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Takes two training steps in this process, the second beside a checkpoint that is being written, and tells the most memory that it held at any time. */
final class PeakMemory {
    private PeakMemory() {}

    /** Bytes, as measured by a process of its own. Arguments as for {@link #main}. */
    static long measure(Object... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                PeakMemory.class.getName()));
        Arrays.stream(args).map(Object::toString).forEach(command::add);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader out = process.inputReader(UTF_8)) {
            return out.lines()
                    .reduce((first, last) -> last)
                    .map(kibibytes -> Long.parseLong(kibibytes) << 10)
                    .orElseThrow(() -> new IOException("nothing was measured (expected: a number)"));
        }
    }

    /** @param args vocabulary, block, layers, heads, width, batch, precision, recompute, accumulation, devices */
    public static void main(String[] args) throws IOException {
        int[] shape = Arrays.stream(args).limit(6).mapToInt(Integer::parseInt).toArray();
        GptConfig config = new GptConfig(shape[0], shape[1], shape[2], shape[3], shape[4]);
        TrainingOptions options = TrainingOptions.usual()
                .with(Precision.valueOf(args[6]))
                .with(Recompute.valueOf(args[7]))
                .withAccumulation(Integer.parseInt(args[8]));
        DeviceOptions device = DeviceOptions.allCores().withDevices(Integer.parseInt(args[9]));
        int batch = shape[5];
        int[] ids = new Random(1)
                .ints((long) batch * config.block(), 0, config.vocabularySize())
                .toArray();
        try (Trainer trainer = Trainer.create(
                TrainingTask.of(config, AdamW.usual(), batch), Weights.initial(config, 1), options, device)) {
            trainer.step(Batch.of(ids, ids), 1e-4f);
            try (Learner.Snapshot checkpoint = trainer.snapshot()) {
                trainer.step(Batch.of(ids, ids), 1e-4f);
            }
        }
        System.out.println(Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> line.replaceAll("[^0-9]", ""))
                .findFirst()
                .orElseThrow());
    }
}
