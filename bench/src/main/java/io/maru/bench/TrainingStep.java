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
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Times one training step against PyTorch's, the two taking turns in one run, so that whatever else the machine does
 * falls on both.
 *
 * <p>The environment variable {@code MARU_PYTHON} names a Python that has torch; {@code python3} otherwise.
 */
public final class TrainingStep {
    private static final List<String> PEER_MODES = List.of("fp32", "bf16");
    private static final int ROUNDS = 4;
    private static final int STEPS = 8;
    private static final float LEARNING_RATE = 1e-4f;

    private TrainingStep() {}

    /** @param args path of torch_step.py, vocabulary, block, layers, heads, width, batch */
    public static void main(String[] args) throws IOException {
        if (args.length != 7) {
            throw new IllegalArgumentException("arguments: " + args.length
                    + " (expected: torch_step.py vocabulary block layers heads width batch)");
        }
        int[] shape = Arrays.stream(args).skip(1).mapToInt(Integer::parseInt).toArray();
        GptConfig config = new GptConfig(shape[0], shape[1], shape[2], shape[3], shape[4]);
        int batch = shape[5];
        int threads = Runtime.getRuntime().availableProcessors();

        Map<Precision, List<Double>> ours = new EnumMap<>(Precision.class);
        Map<String, List<Double>> theirs = new LinkedHashMap<>();
        PEER_MODES.forEach(mode -> theirs.put(mode, new ArrayList<>()));
        String peerName;
        Map<Precision, Trainer> trainers = new EnumMap<>(Precision.class);
        try (Peer peer = Peer.start(Arrays.asList(args), threads)) {
            peerName = peer.name();
            Random random = new Random(1);
            int[] inputs = random.ints((long) batch * config.block(), 0, config.vocabularySize())
                    .toArray();
            int[] targets = random.ints((long) batch * config.block(), 0, config.vocabularySize())
                    .toArray();
            for (Precision precision : Precision.values()) {
                ours.put(precision, new ArrayList<>());
                Trainer trainer = Trainer.create(
                        TrainingTask.of(config, AdamW.usual(), batch),
                        Weights.initial(config, 1),
                        TrainingOptions.usual().with(precision),
                        new DeviceOptions(threads, threads));
                trainers.put(precision, trainer);
                time(trainer, inputs, targets);
            }
            for (String mode : PEER_MODES) {
                peer.time(mode);
            }
            for (int round = 0; round < ROUNDS; round++) {
                for (Precision precision : Precision.values()) {
                    ours.get(precision).addAll(time(trainers.get(precision), inputs, targets));
                }
                for (String mode : PEER_MODES) {
                    theirs.get(mode).addAll(peer.time(mode));
                }
            }
        } finally {
            trainers.values().forEach(Trainer::close);
        }
        report(config, batch, threads, peerName, ours, theirs);
    }

    private static List<Double> time(Trainer trainer, int[] inputs, int[] targets) {
        List<Double> millis = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            long start = System.nanoTime();
            trainer.step(Batch.of(inputs, targets), LEARNING_RATE);
            millis.add((System.nanoTime() - start) / 1e6);
        }
        return millis;
    }

    private static void report(
            GptConfig config,
            int batch,
            int threads,
            String peerName,
            Map<Precision, List<Double>> ours,
            Map<String, List<Double>> theirs) {
        Map<String, Times> mine = new LinkedHashMap<>();
        ours.forEach((precision, millis) -> mine.put(precision.name().toLowerCase(Locale.ROOT), Times.of(millis)));
        Map<String, Times> peers = new LinkedHashMap<>();
        theirs.forEach((mode, millis) -> peers.put(mode, Times.of(millis)));
        double median = min(mine, Times::median);
        System.out.printf(
                "ratio %.2f by median, %.2f by best (tokens/s, our better mode / PyTorch's; above 1 we are faster)%n",
                min(peers, Times::median) / median, min(peers, Times::best) / min(mine, Times::best));
        mine.forEach((mode, times) ->
                System.out.printf("maru    %-8s median %7.2f ms   best %7.2f ms%n", mode, times.median, times.best));
        peers.forEach((mode, times) ->
                System.out.printf("pytorch %-8s median %7.2f ms   best %7.2f ms%n", mode, times.median, times.best));
        double tokensPerSecond = batch * config.block() / median * 1e3;
        System.out.printf(
                "%.0f tokens/s, %.1f GFLOP/s%n", tokensPerSecond, tokensPerSecond * config.flopsPerToken() / 1e9);
        System.out.printf(
                "%s, batch %d, %d steps each, %d threads, %s, load average %.2f%n",
                config,
                batch,
                ROUNDS * STEPS,
                threads,
                peerName,
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static double min(Map<String, Times> modes, ToDoubleFunction<Times> time) {
        return modes.values().stream().mapToDouble(time).min().orElseThrow();
    }

    private record Times(double median, double best) {
        static Times of(List<Double> millis) {
            List<Double> sorted = millis.stream().sorted().toList();
            return new Times(sorted.get(sorted.size() / 2), sorted.get(0));
        }
    }

    /** The Python process: idle while it is not asked. */
    private record Peer(Process process, BufferedReader out, BufferedWriter in, String name) implements AutoCloseable {
        static Peer start(List<String> args, int threads) throws IOException {
            String python = System.getenv().getOrDefault("MARU_PYTHON", "python3");
            List<String> command = Stream.of(List.of(python), args, List.of(Integer.toString(threads)))
                    .flatMap(List::stream)
                    .toList();
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader out = process.inputReader(UTF_8);
            return new Peer(process, out, process.outputWriter(UTF_8), answer(out));
        }

        List<Double> time(String mode) throws IOException {
            in.write(mode + " " + STEPS + "\n");
            in.flush();
            return Arrays.stream(answer(out).split(" ")).map(Double::valueOf).toList();
        }

        private static String answer(BufferedReader out) throws IOException {
            String line = out.readLine();
            if (line == null) {
                throw new IOException("the peer ended (expected: a line; MARU_PYTHON names a Python that has torch)");
            }
            return line;
        }

        @Override
        public void close() {
            process.destroy();
        }
    }
}
