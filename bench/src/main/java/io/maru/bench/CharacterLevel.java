package io.maru.bench;

import io.maru.model.configuration.GptConfig;
import io.maru.model.data.Batch;
import io.maru.model.data.BatchOrder;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Precision;
import io.maru.model.training.AdamW;
import io.maru.model.training.LearningRate;
import io.maru.model.training.Trainer;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.LongStream;

/**
 * How well a model learns: nanoGPT's small recipe for a CPU, on tiny Shakespeare, a character a token. The first nine tenths
 * of the text are learned from, in the product's order of batches; the rest tells the loss, over random windows as in
 * nanoGPT's {@code estimate_loss}.
 *
 * <p>Source: A. Karpathy, nanoGPT, {@code config/train_shakespeare_char.py} with the README's flags for a CPU.
 */
public final class CharacterLevel {
    private static final int BLOCK = 64;
    private static final int BATCH = 12;
    private static final int STEPS = 2_000;
    private static final LearningRate LEARNING_RATE = new LearningRate(1e-3f, 1e-4f, 100, STEPS);
    private static final AdamW ADAM_W = new AdamW(0.9f, 0.99f, 1e-8f, 0.1f, 1);
    private static final double TRAINED_ON = 0.9;
    private static final int ESTIMATE_BATCHES = 200;
    /** What the same recipe reaches in nanoGPT. */
    private static final double BAR = 1.8857;

    private CharacterLevel() {}

    /** Which windows of the text a step sees. */
    private enum Order {
        /** The product's: each window once an epoch. */
        PRODUCT,
        /** nanoGPT's: anywhere, with replacement. */
        RANDOM
    }

    /** @param args the precision, the order, and a seed for each run */
    public static void main(String[] args) throws IOException {
        if (args.length < 3) {
            throw new IllegalArgumentException("arguments: " + args.length + " (expected: precision order seed...)");
        }
        Precision precision = Precision.valueOf(args[0].toUpperCase(Locale.ROOT));
        Order order = Order.valueOf(args[1].toUpperCase(Locale.ROOT));
        int[] text = characters();
        int boundary = (int) (TRAINED_ON * text.length);
        int[] train = Arrays.copyOf(text, boundary);
        int[] validation = Arrays.copyOfRange(text, boundary, text.length);
        int vocabulary = Arrays.stream(text).max().orElseThrow() + 1;
        GptConfig config = new GptConfig(vocabulary, BLOCK, 4, 4, 128);
        System.out.printf(
                "%s, %s, %s order, %d characters to learn from, %d to validate, %d steps of %d x %d%n",
                config, precision, args[1], train.length, validation.length, STEPS, BATCH, BLOCK);
        List<Double> losses = new ArrayList<>();
        for (String seed : Arrays.asList(args).subList(2, args.length)) {
            losses.add(run(config, precision, order, train, validation, Long.parseLong(seed)));
        }
        List<Double> sorted = losses.stream().sorted().toList();
        double median = sorted.get(sorted.size() / 2);
        System.out.printf(
                "validation loss: median %.4f, best %.4f, worst %.4f (expected: at most %s): %s; load average %.2f%n",
                median,
                sorted.get(0),
                sorted.get(sorted.size() - 1),
                BAR,
                median <= BAR ? "reached" : "missed",
                Times.loadAverage());
    }

    private static double run(
            GptConfig config, Precision precision, Order order, int[] train, int[] validation, long seed) {
        BatchOrder epochs = new BatchOrder(List.of((long) train.length), BLOCK, BATCH, seed);
        TrainingOptions options = TrainingOptions.usual().with(precision);
        Random random = new Random(seed);
        long start = System.nanoTime();
        try (Trainer trainer = Trainer.create(
                TrainingTask.of(config, ADAM_W, BATCH),
                Weights.initial(config, seed),
                options,
                DeviceOptions.allCores())) {
            while (trainer.steps() < STEPS) {
                long step = trainer.steps();
                long[] offsets =
                        switch (order) {
                            case PRODUCT ->
                                epochs.batch(step).stream()
                                        .mapToLong(BatchOrder.Window::offset)
                                        .toArray();
                            case RANDOM ->
                                random.longs(BATCH, 0, train.length - BLOCK).toArray();
                        };
                trainer.step(Batch.of(rows(train, offsets, 0), rows(train, offsets, 1)), LEARNING_RATE.at(step));
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            double loss = estimate(trainer, validation);
            System.out.printf(
                    "seed %d: validation loss %.4f (%.4f over all of the split once) after %.1f s of training%n",
                    seed, loss, whole(trainer, validation), seconds);
            return loss;
        }
    }

    private static double estimate(Trainer trainer, int[] validation) {
        Random random = new Random(0);
        double sum = 0;
        for (int i = 0; i < ESTIMATE_BATCHES; i++) {
            long[] offsets = random.longs(BATCH, 0, validation.length - BLOCK).toArray();
            sum += trainer.validate(Batch.of(rows(validation, offsets, 0), rows(validation, offsets, 1)));
        }
        return sum / ESTIMATE_BATCHES;
    }

    private static double whole(Trainer trainer, int[] validation) {
        int batches = (validation.length - 1) / (BATCH * BLOCK);
        double sum = 0;
        for (int i = 0; i < batches; i++) {
            long[] offsets = LongStream.range((long) i * BATCH, (i + 1L) * BATCH)
                    .map(window -> window * BLOCK)
                    .toArray();
            sum += trainer.validate(Batch.of(rows(validation, offsets, 0), rows(validation, offsets, 1)));
        }
        return sum / batches;
    }

    /** Windows of the text, each {@code shift} behind its offset, row after row. */
    private static int[] rows(int[] text, long[] offsets, int shift) {
        int[] rows = new int[offsets.length * BLOCK];
        for (int row = 0; row < offsets.length; row++) {
            System.arraycopy(text, (int) offsets[row] + shift, rows, row * BLOCK, BLOCK);
        }
        return rows;
    }

    /** The text's characters as their ranks among the different ones. */
    private static int[] characters() throws IOException {
        String shared = System.getenv("MARU_SHARED");
        Path folder = shared == null ? Path.of(System.getProperty("maru.root"), "..", "shared") : Path.of(shared);
        int[] text = Files.readString(folder.resolve("data/text/tinyshakespeare.txt"))
                .chars()
                .toArray();
        int[] alphabet = Arrays.stream(text).sorted().distinct().toArray();
        return Arrays.stream(text)
                .map(character -> Arrays.binarySearch(alphabet, character))
                .toArray();
    }
}
