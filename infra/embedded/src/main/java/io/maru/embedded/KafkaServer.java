package io.maru.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.Feature;

/** A Kafka broker that is its own KRaft controller. Records that it has acknowledged survive the death of the process. */
final class KafkaServer implements EmbeddedServer {
    private static final int NODE = 1;
    private static final short REPLICATION = 1;

    private final Path home;
    private final int port;
    private final int controllerPort;
    private volatile KafkaRaftServer server;

    KafkaServer(Path home, int port, int controllerPort) {
        this.home = home;
        this.port = port;
        this.controllerPort = controllerPort;
    }

    String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    @Override
    public void start() throws Exception {
        Files.createDirectories(home);
        Path identity = home.resolve("meta.properties");
        // A power loss can empty it, and topics that were written under one identity are not read under another.
        Path copy = home.resolveSibling("kafka-meta.properties");
        if (!isWhole(identity) && isWhole(copy)) {
            Files.copy(copy, identity, StandardCopyOption.REPLACE_EXISTING);
        }
        // The file is the last thing that formatting writes, so without it an interrupted attempt is repeated.
        if (!isWhole(identity)) {
            Files.deleteIfExists(identity);
            format();
        }
        PrivateFile.write(copy, Files.readString(identity));
        server = new KafkaRaftServer(new KafkaConfig(configuration(), false), Time.SYSTEM);
        server.startup();
        createMissingTopics();
    }

    private static boolean isWhole(Path identity) throws IOException {
        return Files.exists(identity) && Files.readString(identity).contains("cluster.id=");
    }

    @Override
    public void close() {
        if (server != null) {
            server.shutdown();
            server.awaitShutdown();
        }
    }

    /** The lines of {@code infra/kafka/topics.txt}. */
    static List<NewTopic> topics() throws IOException {
        try (InputStream file = KafkaServer.class.getResourceAsStream("/topics.txt")) {
            return new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(KafkaServer::topic)
                    .toList();
        }
    }

    private static NewTopic topic(String line) {
        String[] words = line.strip().split("\\s+");
        if (words.length != 2 || !words[1].matches("[1-9]\\d{0,3}")) {
            throw new StartException("topics.txt: \"" + line + "\" (expected: name partitions)");
        }
        return new NewTopic(words[0], Integer.parseInt(words[1]), REPLICATION);
    }

    private void createMissingTopics() throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            Set<String> present = admin.listTopics().names().get();
            List<NewTopic> missing = topics().stream()
                    .filter(topic -> !present.contains(topic.name()))
                    .toList();
            admin.createTopics(missing).all().get();
        }
    }

    private void format() throws Exception {
        new Formatter()
                .setNodeId(NODE)
                .setClusterId(Uuid.randomUuid().toString())
                .setDirectories(List.of(home.toString()))
                .setMetadataLogDirectory(home.toString())
                .setControllerListenerName("CONTROLLER")
                .setSupportedFeatures(Feature.PRODUCTION_FEATURES)
                .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                .run();
    }

    private Map<String, String> configuration() {
        Map<String, String> configuration = new HashMap<>();
        configuration.put("process.roles", "broker,controller");
        configuration.put("node.id", String.valueOf(NODE));
        configuration.put("log.dirs", home.toString());
        configuration.put(
                "listeners", "PLAINTEXT://" + bootstrapServers() + ",CONTROLLER://127.0.0.1:" + controllerPort);
        configuration.put("advertised.listeners", "PLAINTEXT://" + bootstrapServers());
        configuration.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        configuration.put("controller.listener.names", "CONTROLLER");
        configuration.put("controller.quorum.voters", NODE + "@127.0.0.1:" + controllerPort);
        // A misspelt topic is an error, here as in production.
        configuration.put("auto.create.topics.enable", "false");
        // A rebalance needs not wait for members that start later: on one machine nobody waits for them.
        configuration.put("group.initial.rebalance.delay.ms", "0");
        // After a kill, a broker is let back in only when its last session has run out.
        configuration.put("broker.session.timeout.ms", "2000");
        configuration.put("broker.heartbeat.interval.ms", "800");
        // A controller without peers has nobody to whom an empty record, twice a second, could prove that it is there.
        configuration.put("metadata.max.idle.interval.ms", "0");
        for (String topic : List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
            configuration.put(topic + ".replication.factor", String.valueOf(REPLICATION));
            configuration.put(topic + ".num.partitions", "4");
        }
        configuration.put("transaction.state.log.min.isr", "1");
        configuration.put("share.coordinator.state.topic.min.isr", "1");
        // The defaults are for servers with dozens of cores; the cleaner alone would take half of a small heap.
        // Broker and controller each have these threads, and each looks for a request three times a second.
        configuration.put("num.network.threads", "1");
        configuration.put("num.io.threads", "2");
        configuration.put("background.threads", "2");
        configuration.put("log.cleaner.dedupe.buffer.size", "8388608");
        return configuration;
    }
}
