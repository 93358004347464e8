package io.maru.platform.testkit;

import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The service of the module that is tested, as it is shipped, in a process that can be killed. */
public final class PackagedService implements AutoCloseable {
    private final Process process;
    private final ManagedChannel channel;

    private PackagedService(Process process, ManagedChannel channel) {
        this.process = process;
        this.channel = channel;
    }

    /**
     * Starts it, on the test's servers, with short leases and a schema of its own.
     *
     * @param service its name, as in {@code ingestion}
     * @param heap of its JVM, as in {@code -Xmx128m}
     */
    public static PackagedService start(String service, String heap) throws IOException {
        String schema = service + "_crash";
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Servers servers = Servers.running();
        ProcessBuilder java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        heap,
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        "target/quarkus-app/quarkus-run.jar")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(new File("target/crash.log")));
        java.environment()
                .putAll(Map.ofEntries(
                        Map.entry("QUARKUS_HTTP_PORT", Integer.toString(port)),
                        Map.entry("QUARKUS_DATASOURCE_JDBC_URL", servers.postgres(schema)),
                        Map.entry("QUARKUS_DATASOURCE_USERNAME", servers.postgresUser()),
                        Map.entry("QUARKUS_DATASOURCE_PASSWORD", servers.postgresPassword()),
                        Map.entry("QUARKUS_FLYWAY_SCHEMAS", schema),
                        Map.entry("QUARKUS_FLYWAY_DEFAULT_SCHEMA", schema),
                        Map.entry("KAFKA_BOOTSTRAP_SERVERS", servers.kafka()),
                        Map.entry("MARU_OBJECT_STORE_ENDPOINT", servers.s3()),
                        Map.entry("MARU_OBJECT_STORE_ACCESS_KEY", servers.s3AccessKey()),
                        Map.entry("MARU_OBJECT_STORE_SECRET_KEY", servers.s3SecretKey()),
                        Map.entry("MARU_OBJECT_STORE_BUCKET", servers.s3Bucket()),
                        Map.entry("MARU_WORK_LEASE_MILLIS", "1000"),
                        Map.entry(
                                "MARU_" + service.toUpperCase(Locale.ROOT) + "_WORK_DIRECTORY",
                                Path.of("target/crash-work").toAbsolutePath().toString())));
        Process process = java.start();
        return new PackagedService(
                process,
                ManagedChannelBuilder.forAddress("127.0.0.1", port)
                        .usePlaintext()
                        .build());
    }

    public ManagedChannel channel() {
        return channel;
    }

    /** SIGKILL: no shutdown hook runs, nothing is flushed, no lease is given back. */
    public void kill() throws InterruptedException {
        channel.shutdownNow();
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        channel.shutdownNow();
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
