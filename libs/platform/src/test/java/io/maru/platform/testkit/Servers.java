package io.maru.platform.testkit;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Kafka, PostgreSQL and an S3 store of this test JVM alone: real servers in a process of their own, started when first
 * asked for and stopped when the JVM ends, however it ends.
 *
 * @param kafka bootstrap servers, {@code host:port}
 * @param postgres JDBC URL of a database that {@code postgresUser} owns
 * @param s3 endpoint URL
 */
public record Servers(
        String kafka,
        String postgres,
        String postgresUser,
        String postgresPassword,
        String s3,
        String s3AccessKey,
        String s3SecretKey,
        String s3Bucket) {
    /**
     * Quarkus loads this class once for its test resources and again for each application, so what must be there once
     * cannot be in a static field: the addresses stand in this system property.
     */
    private static final String PROPERTY = "maru.testkit.servers";

    /** The running servers. The first call starts them, which takes seconds. */
    public static Servers running() {
        // One monitor for the copies of this class in all class loaders.
        synchronized (Runtime.getRuntime()) {
            try {
                String addresses = System.getProperty(PROPERTY);
                if (addresses == null) {
                    addresses = start();
                    System.setProperty(PROPERTY, addresses);
                }
                return new ObjectMapper().readValue(addresses, Servers.class);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The database's JDBC URL with {@code schema} as the place where unqualified names live. */
    public String postgres(String schema) {
        return postgres + "?currentSchema=" + schema;
    }

    private static String start() throws IOException {
        Path app = Repository.root().resolve("infra/embedded/target/app");
        if (!Files.isDirectory(app)) {
            throw new IllegalStateException(app
                    + ": absent (expected: the embedded servers; build them with ./mvnw -pl infra/embedded package)");
        }
        Path target = Files.createDirectories(Path.of("target").toAbsolutePath());
        Path data = Files.createTempDirectory(target, "servers-");
        Path log = target.resolve("servers.log");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                // The second compiler would take half of the processor that a start takes.
                "-XX:Tier4InvocationThreshold=100000",
                "-XX:Tier4MinInvocationThreshold=50000",
                "-XX:Tier4CompileThreshold=200000",
                "-XX:Tier4BackEdgeThreshold=800000",
                "-cp",
                app.resolve("*").toString(),
                "io.maru.embedded.EmbeddedServers",
                "--with-parent",
                "--data",
                data.toString(),
                "--binaries",
                app.getParent().toString(),
                "--kafka-port",
                "0",
                "--postgres-port",
                "0",
                "--s3-port",
                "0");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        // As the launcher does: without UTF-8 the store could not name its files after all keys.
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        // The hook also keeps the process object reachable: were it collected, the pipe would close and the servers
        // stop.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(process, data), "stop-servers"));

        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        String addresses = output.readLine();
        if (addresses == null) {
            throw new IllegalStateException("the embedded servers did not start: " + Files.readString(log));
        }
        return addresses;
    }

    private static void stop(Process process, Path data) {
        process.destroy();
        process.onExit().join();
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            System.err.println(data + ": not removed: " + e);
        }
    }
}
