package io.maru.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.model.configuration.GptConfig;
import io.maru.model.data.Batch;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Precision;
import io.maru.model.training.AdamW;
import io.maru.model.training.Trainer;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import io.maru.model.weights.Weights;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.Random;
import java.util.StringJoiner;

/**
 * Training steps in a process of its own, which does what {@code reference/torch_step.py} does and speaks as it does: a
 * line with its name, then for each line {@code MODE STEPS} one of milliseconds.
 */
public final class StepProcess {
    private StepProcess() {}

    /** @param args vocabulary, block, layers, heads, width, batch, threads */
    public static void main(String[] args) throws IOException {
        int[] shape = Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
        GptConfig config = new GptConfig(shape[0], shape[1], shape[2], shape[3], shape[4]);
        int batch = shape[5];
        int threads = shape[6];
        Random random = new Random(1);
        long tokens = (long) batch * config.block();
        int[] inputs = random.ints(tokens, 0, config.vocabularySize()).toArray();
        int[] targets = random.ints(tokens, 0, config.vocabularySize()).toArray();
        System.out.println("maru");
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String[] asked = line.split(" ");
                Precision precision = asked[0].equals("bf16") ? Precision.BFLOAT16 : Precision.FLOAT32;
                try (Trainer trainer = Trainer.create(
                        TrainingTask.of(config, AdamW.usual(), batch),
                        Weights.initial(config, 1),
                        TrainingOptions.usual().with(precision),
                        new DeviceOptions(threads, threads))) {
                    StringJoiner millis = new StringJoiner(" ");
                    for (int step = 0; step < Integer.parseInt(asked[1]); step++) {
                        long start = System.nanoTime();
                        trainer.step(Batch.of(inputs, targets), 1e-4f);
                        millis.add(Double.toString((System.nanoTime() - start) / 1e6));
                    }
                    System.out.println(millis);
                }
            }
        }
    }
}
