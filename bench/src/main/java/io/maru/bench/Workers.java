package io.maru.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.model.cluster.Cluster;
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
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Times a step of one process against one of two processes that share the batch, on the same cores. They take turns, so
 * that whatever else the machine does falls on both.
 */
public final class Workers {
    private static final int ROUNDS = 4;
    private static final int STEPS = 3;
    private static final float LEARNING_RATE = 1e-4f;
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private Workers() {}

    /**
     * @param args vocabulary, block, layers, heads, width, batch, accumulation, precision; and for a process that this one
     *     starts, also threads, rank and addresses
     */
    public static void main(String[] args) throws IOException {
        if (args.length > 8) {
            work(args);
            return;
        }
        if (args.length != 8) {
            throw new IllegalArgumentException("arguments: " + args.length
                    + " (expected: vocabulary block layers heads width batch accumulation precision)");
        }
        int threads = Runtime.getRuntime().availableProcessors();
        String addresses = "127.0.0.1:" + freePort() + ",127.0.0.1:" + freePort();
        List<Double> alone = new ArrayList<>();
        List<Double> shared = new ArrayList<>();
        try (Peer one = Peer.start(args, threads, 0, "");
                Peer second = Peer.start(args, Math.max(1, threads / 2), 1, addresses);
                Peer first = Peer.start(args, Math.max(1, threads / 2), 0, addresses)) {
            one.time();
            first.time();
            for (int round = 0; round < ROUNDS; round++) {
                alone.addAll(one.time());
                shared.addAll(first.time());
            }
        }
        alone.sort(null);
        shared.sort(null);
        double medianAlone = alone.get(alone.size() / 2);
        double medianShared = shared.get(shared.size() / 2);
        System.out.printf(
                "ratio %.2f by median, %.2f by best (tokens/s of two processes / of one)%n",
                medianAlone / medianShared, alone.get(0) / shared.get(0));
        System.out.printf("one process   median %8.1f ms   best %8.1f ms%n", medianAlone, alone.get(0));
        System.out.printf("two processes median %8.1f ms   best %8.1f ms%n", medianShared, shared.get(0));
        System.out.printf(
                "%s, %d steps each, %d cores, load average %.2f%n",
                String.join(" ", args),
                ROUNDS * STEPS,
                threads,
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static void work(String[] args) throws IOException {
        int[] shape = Arrays.stream(args).limit(7).mapToInt(Integer::parseInt).toArray();
        GptConfig config = new GptConfig(shape[0], shape[1], shape[2], shape[3], shape[4]);
        int batch = shape[5];
        TrainingOptions options =
                TrainingOptions.usual().withAccumulation(shape[6]).with(Precision.valueOf(args[7]));
        int threads = Integer.parseInt(args[8]);
        DeviceOptions device = new DeviceOptions(threads, threads);
        Cluster cluster = args[10].isEmpty()
                ? Cluster.alone()
                : new Cluster(List.of(args[10].split(",")), Integer.parseInt(args[9]), LIMIT);
        if (cluster.rank() > 0) {
            Trainer.follow(TrainingTask.of(config, AdamW.usual(), batch), options, device, cluster);
            return;
        }
        Random random = new Random(1);
        int[] inputs = random.ints((long) batch * config.block(), 0, config.vocabularySize())
                .toArray();
        int[] targets = random.ints((long) batch * config.block(), 0, config.vocabularySize())
                .toArray();
        try (Trainer trainer = Trainer.create(
                        TrainingTask.of(config, AdamW.usual(), batch),
                        Weights.initial(config, 1),
                        options,
                        device,
                        cluster);
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
            while (in.readLine() != null) {
                List<Double> millis = new ArrayList<>();
                for (int step = 0; step < STEPS; step++) {
                    long start = System.nanoTime();
                    trainer.step(Batch.of(inputs, targets), LEARNING_RATE);
                    millis.add((System.nanoTime() - start) / 1e6);
                }
                System.out.println(millis.stream().map(Object::toString).collect(Collectors.joining(" ")));
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** One of the processes: idle while it is not asked. */
    private record Peer(Process process, BufferedReader out, BufferedWriter in) implements AutoCloseable {
        static Peer start(String[] args, int threads, int rank, String addresses) throws IOException {
            List<String> java = List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx512m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Workers.class.getName());
            List<String> more = List.of(Integer.toString(threads), Integer.toString(rank), addresses);
            Process process = new ProcessBuilder(Stream.of(java, Arrays.asList(args), more)
                            .flatMap(List::stream)
                            .toList())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            return new Peer(process, process.inputReader(UTF_8), process.outputWriter(UTF_8));
        }

        List<Double> time() throws IOException {
            in.write("\n");
            in.flush();
            String line = out.readLine();
            if (line == null) {
                throw new IOException("a process ended (expected: the times of its steps)");
            }
            return Arrays.stream(line.split(" ")).map(Double::valueOf).toList();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
