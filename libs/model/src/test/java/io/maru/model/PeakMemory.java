package io.maru.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/** Takes two training steps in this process, and tells the most memory that it held at any time. */
final class PeakMemory {
    private PeakMemory() {}

    /** @param args vocabulary, block, layers, heads, width, batch, precision, recompute, accumulation, dropout */
    public static void main(String[] args) throws IOException {
        int[] shape = Arrays.stream(args).limit(6).mapToInt(Integer::parseInt).toArray();
        GptConfig config = new GptConfig(shape[0], shape[1], shape[2], shape[3], shape[4]);
        TrainingOptions options = TrainingOptions.usual()
                .with(Precision.valueOf(args[6]))
                .with(Recompute.valueOf(args[7]))
                .withAccumulation(Integer.parseInt(args[8]))
                .withDropout(Float.parseFloat(args[9]), 1);
        int batch = shape[5];
        int[] ids = new Random(1)
                .ints((long) batch * config.block(), 0, config.vocabularySize())
                .toArray();
        try (Trainer trainer = Trainer.create(
                config, AdamW.usual(), batch, Weights.initial(config, 1), options, DeviceOptions.allCores())) {
            trainer.step(ids, ids, 1e-4f);
            trainer.step(ids, ids, 1e-4f);
        }
        System.out.println(Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .map(line -> line.replaceAll("[^0-9]", ""))
                .findFirst()
                .orElseThrow());
    }
}
