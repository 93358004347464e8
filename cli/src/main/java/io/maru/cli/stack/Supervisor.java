package io.maru.cli.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs the stack: the embedded servers in one process, each service in its own, and again whatever dies.
 *
 * <p>It is a process of its own that {@code maru up} leaves behind. It keeps {@code stack.json} true, and stops the others
 * in order when it is told to end (SIGTERM).
 */
public final class Supervisor {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MAX_LOG_BYTES = 16L << 20;
    /**
     * The second compiler takes as much of the processor as all the rest of a start, and wins nothing before a method has run
     * far more often than then. Without it for good, digests would take ten times as long.
     */
    private static final List<String> LATE_COMPILATION = List.of(
            "-XX:Tier4InvocationThreshold=100000",
            "-XX:Tier4MinInvocationThreshold=50000",
            "-XX:Tier4CompileThreshold=200000",
            "-XX:Tier4BackEdgeThreshold=800000");

    /** Libraries write an address in the digits of the default locale: elsewhere a port in Arabic ones is no port. */
    private static final String PLAIN_DIGITS = "-Duser.language=en";

    /** Figures for jstat, which a JVM takes 20 times a second and nobody reads: for nine idle ones most of what they do. */
    static final String NO_SAMPLES = "-XX:-UsePerfData";

    /** Control conducts the others and is asked first; so long they wait for it to end. */
    private static final Duration HEAD_START = Duration.ofSeconds(8);
    /**
     * From then on all services have so long together. They have stopped after a second or two, but in its first life each
     * writes its archive then, which takes a busy machine most of a minute; whoever is killed writes it the next time.
     */
    private static final Duration MAX_SERVICES_END = Duration.ofSeconds(60);

    private static final Duration MAX_SERVERS_END = Duration.ofSeconds(30);
    private static final Duration MAX_LEFTOVERS_END = Duration.ofSeconds(30);
    /** Whatever the processes do, a stop takes no longer. */
    static final Duration MAX_STOP =
            HEAD_START.plus(MAX_SERVICES_END).plus(MAX_SERVERS_END).plus(Ending.MAX_BURIAL.multipliedBy(2));

    private static final Duration FIRST_PAUSE = Duration.ofMillis(300);
    private static final Duration MAX_PAUSE = Duration.ofSeconds(15);
    /** A process that lived this long died of something new: its pauses start short again. */
    private static final Duration LONG_LIFE = Duration.ofSeconds(60);

    private final Path root;
    private final Path data;
    private final Ports ports;
    private final Map<Service, Child> services = new EnumMap<>(Service.class);
    /** Where TensorFlow's natives are unpacked, unless in the home directory, where all stacks share them. */
    private final List<String> nativesFolder;

    private Child infrastructure;
    private Map<String, String> servers;
    private volatile boolean stopping;

    public Supervisor(Path root, Path data, Ports ports) {
        this.root = root;
        this.data = data;
        this.ports = ports;
        this.nativesFolder = DataDirectory.isUsable(Path.of(System.getProperty("user.home")))
                ? List.of()
                : List.of("-Dorg.bytedeco.javacpp.cachedir=" + data.resolve("work/natives"));
    }

    /** Starts everything and looks after it until the JVM is told to end. */
    public void run() throws IOException, InterruptedException {
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop"));
        for (String folder : List.of("logs", "work/tmp", "infra")) {
            Files.createDirectories(data.resolve(folder));
        }
        writeState();
        startInfrastructure();
        for (Service service : Service.values()) {
            start(service, 0);
        }
        while (true) {
            TimeUnit.MILLISECONDS.sleep(250);
            restartTheDead();
        }
    }

    private void restartTheDead() throws IOException {
        if (stopping) {
            return;
        }
        if (infrastructure.isDue()) {
            say("the embedded servers ended with code %d; starting them again", infrastructure.process.exitValue());
            try {
                startInfrastructure();
            } catch (IOException e) {
                // Due again after a pause; the services wait for them meanwhile.
                say("%s", e.getMessage());
            }
        }
        for (Map.Entry<Service, Child> entry : services.entrySet()) {
            Child child = entry.getValue();
            if (child.isDue()) {
                say("%s ended with code %d; starting it again", entry.getKey().id(), child.process.exitValue());
                start(entry.getKey(), child.restarts + 1);
            }
        }
    }

    private void startInfrastructure() throws IOException {
        if (startServers()) {
            // Without the lock: to stop must not wait for servers that do not start.
            servers = awaitServers(infrastructure.process);
        }
    }

    private synchronized boolean startServers() throws IOException {
        if (stopping) {
            return false;
        }
        int restarts = infrastructure == null ? 0 : infrastructure.restarts + 1;
        // Its standard input is a pipe from this process: when this process is gone, the servers end too.
        ProcessBuilder builder = new ProcessBuilder(infrastructureCommand(
                        "--data",
                        data.resolve("infra").toString(),
                        "--kafka-port",
                        Integer.toString(ports.kafka()),
                        "--postgres-port",
                        Integer.toString(ports.postgres()),
                        "--s3-port",
                        Integer.toString(ports.s3()),
                        "--with-parent"))
                .directory(logs().toFile())
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .redirectError(log("infra"));
        infrastructure = new Child(builder.start(), 0, restarts, infrastructure);
        writeState();
        return true;
    }

    private List<String> infrastructureCommand(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(java(), "-Xmx256m", "-XX:+UseSerialGC", NO_SAMPLES, PLAIN_DIGITS));
        command.addAll(LATE_COMPILATION);
        command.addAll(infrastructureArchive().options());
        command.add("-jar");
        command.add(infrastructureProgram().toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private Path infrastructureProgram() {
        return root.resolve("infra/embedded/target/app/maru-embedded-0.1.0.jar");
    }

    private ClassArchive infrastructureArchive() {
        return ClassArchive.of(root.resolve(".mvn/run/archives"), "embedded", infrastructureProgram());
    }

    private static Map<String, String> awaitServers(Process process) throws IOException {
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("{")) {
                JsonNode ready = JSON.readTree(line);
                // Whatever it prints later must not fill the pipe.
                Thread drain = new Thread(() -> out.lines().forEach(ignored -> {}), "servers-output");
                drain.setDaemon(true);
                drain.start();
                return Map.of(
                        "QUARKUS_DATASOURCE_JDBC_URL", ready.path("postgres").asText(),
                        "QUARKUS_DATASOURCE_USERNAME",
                                ready.path("postgresUser").asText(),
                        "QUARKUS_DATASOURCE_PASSWORD",
                                ready.path("postgresPassword").asText(),
                        "KAFKA_BOOTSTRAP_SERVERS", ready.path("kafka").asText(),
                        "MARU_OBJECT_STORE_ENDPOINT", ready.path("s3").asText(),
                        "MARU_OBJECT_STORE_ACCESS_KEY",
                                ready.path("s3AccessKey").asText(),
                        "MARU_OBJECT_STORE_SECRET_KEY",
                                ready.path("s3SecretKey").asText());
            }
        }
        throw new IOException("the embedded servers ended before they were ready; logs/infra.log has the reason");
    }

    private synchronized void start(Service service, int restarts) throws IOException {
        if (stopping) {
            return;
        }
        ProcessBuilder builder = new ProcessBuilder(command(service))
                .directory(logs().toFile())
                .redirectErrorStream(true)
                .redirectOutput(log(service.id()));
        Map<String, String> environment = builder.environment();
        environment.putAll(servers);
        environment.put(
                "QUARKUS_DATASOURCE_JDBC_URL",
                servers.get("QUARKUS_DATASOURCE_JDBC_URL") + "?currentSchema=" + service.id());
        environment.put("QUARKUS_HTTP_PORT", Integer.toString(service.port(ports)));
        for (Service neighbour : Service.values()) {
            environment.put(
                    "QUARKUS_GRPC_CLIENTS_" + neighbour.name() + "_PORT", Integer.toString(neighbour.port(ports)));
        }
        environment.put(
                "MARU_" + service.name() + "_WORK_DIRECTORY",
                data.resolve("work").resolve(service.id()).toString());
        // A service of one process is told of all its work and facts; it looks only for what an earlier process left.
        environment.put("MARU_WORK_POLL_MILLIS", "4000");
        environment.put("MARU_OUTBOX_POLL_MILLIS", "4000");
        environment.put("TF_CPP_MIN_LOG_LEVEL", "3");
        // The C library otherwise keeps an arena for each thread, which costs TensorFlow's processes hundreds of
        // megabytes.
        environment.put("MALLOC_ARENA_MAX", "2");
        services.put(service, new Child(builder.start(), service.port(ports), restarts, services.get(service)));
        writeState();
    }

    List<String> command(Service service) {
        List<String> command = new ArrayList<>(
                List.of(java(), "-XX:+UseSerialGC", NO_SAMPLES, PLAIN_DIGITS, "-XX:+ExitOnOutOfMemoryError"));
        command.addAll(LATE_COMPILATION);
        command.addAll(service.jvmOptions());
        command.addAll(archive(service).options());
        // Libraries unpack their natives there, and the machine's own may forbid to execute them.
        command.add("-Djava.io.tmpdir=" + data.resolve("work/tmp"));
        command.addAll(nativesFolder);
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.add("-jar");
        command.add(program(service).toString());
        return command;
    }

    private Path program(Service service) {
        return root.resolve("services/" + service.id() + "/target/quarkus-app/quarkus-run.jar");
    }

    private ClassArchive archive(Service service) {
        return ClassArchive.of(root.resolve(".mvn/run/archives"), service.id(), program(service));
    }

    private void stop() {
        synchronized (this) {
            stopping = true;
        }
        Child control = services.get(Service.CONTROL);
        if (control != null) {
            control.process.destroy();
            Ending.await(List.of(control.process.toHandle()), HEAD_START);
        }
        Map<ProcessHandle, ClassArchive> archives = new LinkedHashMap<>();
        for (Service service : Service.stopOrder()) {
            Child child = services.get(service);
            if (child != null) {
                archives.put(child.process.toHandle(), archive(service));
            }
        }
        end(archives, MAX_SERVICES_END);
        if (infrastructure != null) {
            end(Map.of(infrastructure.process.toHandle(), infrastructureArchive()), MAX_SERVERS_END);
        }
        StackState.delete(data);
    }

    /** Whoever has to be killed may have written half an archive. */
    private static void end(Map<ProcessHandle, ClassArchive> processes, Duration limit) {
        List<ProcessHandle> killed = Ending.of(processes.keySet(), limit);
        processes.forEach((process, archive) -> {
            if (killed.contains(process)) {
                say("process %d did not end within %d s and was killed", process.pid(), limit.toSeconds());
                archive.discard();
            } else {
                archive.keep();
            }
        });
    }

    private void writeState() {
        List<StackState.Process> processes = new ArrayList<>();
        if (infrastructure != null) {
            processes.add(infrastructure.state("infra"));
        }
        services.forEach((service, child) -> processes.add(child.state(service.id())));
        new StackState(ports.first(), StackState.Process.of("supervisor", ProcessHandle.current(), 0, 0), processes)
                .write(data);
    }

    /** Where the children run, too: a JVM that crashes leaves its report there. */
    private Path logs() {
        return data.resolve("logs");
    }

    private ProcessBuilder.Redirect log(String name) {
        Path log = logs().resolve(name + ".log");
        try {
            if (Files.exists(log) && Files.size(log) > MAX_LOG_BYTES) {
                Files.move(log, log.resolveSibling(name + ".log.1"), StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ProcessBuilder.Redirect.appendTo(log.toFile());
    }

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static void say(String format, Object... arguments) {
        System.out.println(Instant.now() + " " + String.format(Locale.ROOT, format, arguments));
    }

    /** Ends what an earlier supervisor of this data directory left behind when it was killed. */
    public static void endLeftovers(StackState state) {
        Ending.of(
                state.processes().stream()
                        .flatMap(process -> process.handle().stream())
                        .toList(),
                MAX_LEFTOVERS_END);
    }

    /** A process and its history. */
    private static final class Child {
        final Process process;
        final int port;
        final int restarts;
        private final Instant start = Instant.now();
        private final Duration pause;
        private Instant death;

        Child(Process process, int port, int restarts, Child before) {
            this.process = process;
            this.port = port;
            this.restarts = restarts;
            this.pause = before == null || before.lifetime().compareTo(LONG_LIFE) > 0
                    ? FIRST_PAUSE
                    : shorter(before.pause.multipliedBy(2), MAX_PAUSE);
        }

        private static Duration shorter(Duration a, Duration b) {
            return a.compareTo(b) < 0 ? a : b;
        }

        private Duration lifetime() {
            return Duration.between(start, death == null ? Instant.now() : death);
        }

        /** Dead, and its pause is over. */
        boolean isDue() {
            if (process.isAlive()) {
                return false;
            }
            if (death == null) {
                death = Instant.now();
            }
            return Instant.now().isAfter(death.plus(pause));
        }

        StackState.Process state(String name) {
            return StackState.Process.of(name, process.toHandle(), port, restarts);
        }
    }
}
