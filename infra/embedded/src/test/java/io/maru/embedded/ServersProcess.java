package io.maru.embedded;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.minio.GetObjectArgs;
import io.minio.MinioClient;
import io.minio.PutObjectArgs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The packaged program as a process, and clients of its three servers. */
final class ServersProcess implements AutoCloseable {
    static final String TOPIC = "maru.control.v1";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final Path log;
    private final String line;

    private ServersProcess(Process process, Path log, String line) {
        this.process = process;
        this.log = log;
        this.line = line;
    }

    /** Starts it on {@code data} with free ports; {@code options} come later on the command line and so win. */
    static ServersProcess start(Path data, String... options) throws IOException {
        return start(data, List.of(), Map.of(), options);
    }

    static ServersProcess start(Path data, List<String> prefix, Map<String, String> environment, String... options)
            throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                java("java"),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                Path.of("target/app").toAbsolutePath() + "/*",
                "io.maru.embedded.EmbeddedServers",
                "--data",
                data.toString(),
                // A test that fails before it stops them leaves no servers behind.
                "--with-parent",
                "--binaries",
                Path.of("target").toString()));
        for (String server : List.of("kafka", "postgres", "s3")) {
            command.addAll(List.of("--" + server + "-port", "0"));
        }
        command.addAll(List.of(options));

        Path log = Files.createTempFile("servers", ".log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        // As the launcher does: without UTF-8 the store could not name its files after all keys.
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(environment);
        Process process = builder.start();
        return new ServersProcess(
                process, log, process.inputReader(StandardCharsets.UTF_8).readLine());
    }

    static String java(String program) {
        return Path.of(System.getProperty("java.home"), "bin", program).toString();
    }

    /** Null where the program gave up. */
    String line() {
        return line;
    }

    Addresses addresses() throws IOException {
        if (line == null) {
            throw new AssertionError("not started: " + errors());
        }
        return new ObjectMapper().readValue(line, Addresses.class);
    }

    String errors() throws IOException {
        return Files.readString(log);
    }

    long pid() {
        return process.pid();
    }

    void kill() {
        process.destroyForcibly().onExit().join();
    }

    void terminate() {
        // Not Process.destroy, which closes the standard input as well.
        process.toHandle().destroy();
    }

    void closeStandardInput() throws IOException {
        process.getOutputStream().close();
    }

    int exitCode() throws InterruptedException, ExecutionException, TimeoutException {
        return process.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS).exitValue();
    }

    @Override
    public void close() throws Exception {
        terminate();
        exitCode();
        Files.deleteIfExists(log);
    }

    Connection sql() throws IOException, SQLException {
        Addresses addresses = addresses();
        return DriverManager.getConnection(
                addresses.postgres(), addresses.postgresUser(), addresses.postgresPassword());
    }

    MinioClient s3() throws IOException {
        return s3(addresses().s3SecretKey());
    }

    MinioClient s3(String secretKey) throws IOException {
        return MinioClient.builder()
                .endpoint(addresses().s3())
                .credentials(addresses().s3AccessKey(), secretKey)
                .build();
    }

    void put(String key, byte[] bytes) throws Exception {
        s3().putObject(PutObjectArgs.builder().bucket(addresses().s3Bucket()).object(key).stream(
                        new ByteArrayInputStream(bytes), (long) bytes.length, -1L)
                .build());
    }

    byte[] get(String key) throws Exception {
        try (InputStream object = s3().getObject(GetObjectArgs.builder()
                .bucket(addresses().s3Bucket())
                .object(key)
                .build())) {
            return object.readAllBytes();
        }
    }

    /** Returns when the broker has acknowledged every value. */
    void publish(List<String> values) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", addresses().kafka(), "acks", "all"),
                new StringSerializer(),
                new StringSerializer())) {
            List<Future<?>> sent = new ArrayList<>();
            for (String value : values) {
                sent.add(producer.send(new ProducerRecord<>(TOPIC, value, value)));
            }
            for (Future<?> one : sent) {
                one.get();
            }
        }
    }

    /** The values on the topic since its beginning, as soon as there are {@code count}. */
    TreeSet<String> published(int count) throws IOException {
        TreeSet<String> values = new TreeSet<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", addresses().kafka()), new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(TOPIC).stream()
                    .map(partition -> new TopicPartition(TOPIC, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Instant deadline = Instant.now().plus(PATIENCE);
            while (values.size() < count && Instant.now().isBefore(deadline)) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
                    values.add(record.value());
                }
            }
        }
        return values;
    }
}
