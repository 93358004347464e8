package io.maru.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Kafka, PostgreSQL and an S3 store for one machine: real servers on the loopback interface, in one process, with their
 * data in one directory.
 *
 * <pre>
 * java -Xmx256m -XX:+UseSerialGC -jar infra/embedded/target/app/maru-embedded-0.1.0.jar --data DIR
 * </pre>
 *
 * <p>When all three are ready it prints their {@link Addresses} as one line of JSON, which also stands in
 * {@code DIR/servers.json} for as long as they run. The data survives SIGKILL.
 */
public final class EmbeddedServers implements AutoCloseable {
    private static final int STOPPED_BY_ERROR = 1;
    private static final int WRONG_USAGE = 2;

    /** Held in a field, since a channel that nobody refers to is closed by the garbage collector. */
    private final FileChannel lock;

    private final Path addressesFile;
    private final Addresses addresses;
    /** In the order in which they stop: who uses another goes first. */
    private final List<EmbeddedServer> servers;

    private EmbeddedServers(Options options) throws IOException, InterruptedException {
        Path data = options.data();
        Files.createDirectories(data);
        lock = lock(data);
        Secrets secrets = Secrets.of(data);
        PostgresServer.stopOrphan(data.resolve("postgres"));

        KafkaServer kafka;
        PostgresServer postgres;
        S3Server s3;
        try (PortReservation ports = new PortReservation()) {
            kafka = new KafkaServer(
                    data.resolve("kafka"),
                    ports.reserve("kafka", options.kafkaPort()),
                    ports.reserve("kafka-controller", 0));
            postgres = new PostgresServer(
                    data.resolve("postgres"),
                    options.binaries(),
                    ports.reserve("postgres", options.postgresPort()),
                    secrets);
            s3 = new S3Server(data.resolve("s3"), ports.reserve("s3", options.s3Port()), secrets.s3());
        }
        servers = List.of(kafka, s3, postgres);
        addressesFile = data.resolve("servers.json");
        addresses = new Addresses(
                kafka.bootstrapServers(),
                postgres.url(),
                PostgresServer.USER,
                secrets.postgres(),
                s3.endpoint(),
                S3Server.ACCESS_KEY,
                secrets.s3(),
                S3Server.BUCKET);
    }

    public static void main(String[] args) {
        Options options;
        try {
            options = Options.parse(args);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.println(Options.USAGE);
            System.exit(WRONG_USAGE);
            return;
        }
        try {
            EmbeddedServers servers = new EmbeddedServers(options);
            Runtime.getRuntime().addShutdownHook(new Thread(servers::close, "stop"));
            if (options.withParent()) {
                exitWithParent();
            }
            servers.start();
        } catch (StartException e) {
            System.err.println(e.getMessage());
            System.exit(STOPPED_BY_ERROR);
        } catch (Exception e) {
            e.printStackTrace();
            // Kafka's threads would keep a half-started process alive.
            System.exit(STOPPED_BY_ERROR);
        }
    }

    private void start() throws Exception {
        List<CompletableFuture<Void>> starts =
                servers.stream().map(EmbeddedServers::startOnOwnThread).toList();
        try {
            CompletableFuture.allOf(starts.toArray(CompletableFuture[]::new)).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
        String line = addresses.toJson();
        PrivateFile.write(addressesFile, line);
        System.out.println(line);
    }

    @Override
    public void close() {
        stop(() -> Files.deleteIfExists(addressesFile));
        for (EmbeddedServer server : servers) {
            stop(() -> {
                server.close();
                return null;
            });
        }
        stop(() -> {
            lock.close();
            return null;
        });
    }

    /** One server's trouble in stopping must not keep the next one from being stopped. */
    private static void stop(Callable<?> step) {
        try {
            step.call();
        } catch (Exception e) {
            e.printStackTrace();
        }
    }

    private static CompletableFuture<Void> startOnOwnThread(EmbeddedServer server) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        server.start();
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                },
                task -> new Thread(task, server.getClass().getSimpleName()).start());
    }

    /** The lock lasts as long as the process and dies with it, however it dies. */
    private static FileChannel lock(Path data) throws IOException {
        FileChannel file = FileChannel.open(data.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (file.tryLock() == null) {
            throw new StartException(
                    "data " + data + ": in use by another process (expected: one process per directory)");
        }
        return file;
    }

    /** The parent's end of our standard input closes when it dies. */
    private static void exitWithParent() {
        Thread thread = new Thread(
                () -> {
                    try (InputStream parent = System.in) {
                        parent.transferTo(OutputStream.nullOutputStream());
                    } catch (IOException e) {
                        System.err.println("standard input: " + e.getMessage() + " (expected: open or at its end)");
                    }
                    System.exit(0);
                },
                "parent");
        thread.setDaemon(true);
        thread.start();
    }
}
