package io.maru.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.minio.BucketExistsArgs;
import io.minio.errors.MinioException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddedServersIT {
    @TempDir
    private Path folder;

    @AfterEach
    void leavesNoOrphan() throws Exception {
        PostgresServer.stopOrphan(folder.resolve("postgres"));
    }

    @Test
    void servesAllThreeAndStopsWithoutATrace() throws Exception {
        ServersProcess servers = ServersProcess.start(folder);
        Addresses addresses = servers.addresses();
        assertThat(folder.resolve("servers.json")).hasContent(servers.line());
        assertThat(Files.getPosixFilePermissions(folder.resolve("servers.json")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));

        servers.publish(List.of("fact"));
        assertThat(servers.published(1)).containsExactly("fact");

        // Larger than a part, so it travels as a multipart upload.
        byte[] object = new byte[20 << 20];
        new Random(7).nextBytes(object);
        servers.put("runs/r/checkpoints/1/model.safetensors", object);
        assertThat(servers.get("runs/r/checkpoints/1/model.safetensors")).isEqualTo(object);

        try (Connection connection = servers.sql();
                Statement statement = connection.createStatement()) {
            assertThat(setting(statement, "fsync")).isEqualTo("on");
            assertThat(setting(statement, "synchronous_commit")).isEqualTo("on");
            assertThat(setting(statement, "full_page_writes")).isEqualTo("on");
            statement.execute("CREATE SCHEMA ingestion");
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", addresses.kafka()))) {
            assertThat(admin.listTopics().names().get())
                    .containsAll(KafkaServer.topics().stream()
                            .map(topic -> topic.name())
                            .toList());
        }

        long postgres = postgresPid();
        servers.terminate();
        assertThat(servers.exitCode()).isEqualTo(128 + 15);
        assertThat(ProcessHandle.of(postgres)).isEmpty();
        assertThat(folder.resolve("servers.json")).doesNotExist();
        assertThat(folder.resolve("postgres/data/postmaster.pid")).doesNotExist();
    }

    @Test
    void whatWasAcknowledgedIsThereAfterSigkill() throws Exception {
        List<String> facts = IntStream.range(0, 1000)
                .mapToObj(i -> String.format(Locale.ROOT, "%04d", i))
                .toList();
        byte[] object = "the model".getBytes(StandardCharsets.UTF_8);

        ServersProcess first = ServersProcess.start(folder);
        Addresses before = first.addresses();
        try (Connection connection = first.sql();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE note (text text)");
            statement.execute("INSERT INTO note VALUES ('kept')");
            first.put("kept", object);
            first.publish(facts);
            first.kill();
        }
        long orphan = postgresPid();
        assertThat(ProcessHandle.of(orphan)).isPresent();

        try (ServersProcess second = ServersProcess.start(folder)) {
            assertThat(ProcessHandle.of(orphan)).isEmpty();
            assertThat(second.addresses().postgresPassword()).isEqualTo(before.postgresPassword());
            assertThat(second.addresses().s3SecretKey()).isEqualTo(before.s3SecretKey());

            assertThat(second.published(facts.size())).containsExactlyElementsOf(facts);
            assertThat(second.get("kept")).isEqualTo(object);
            try (Connection connection = second.sql();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("SELECT text FROM note")) {
                row.next();
                assertThat(row.getString(1)).isEqualTo("kept");
            }
        }
    }

    @Test
    void aStrangerWhoHasTheDeadServersPidIsLeftAlone() throws Exception {
        ServersProcess first = ServersProcess.start(folder);
        first.kill();
        long orphan = postgresPid();
        ProcessHandle.of(orphan).orElseThrow().destroyForcibly();
        ProcessHandle.of(orphan).ifPresent(process -> process.onExit().join());
        Process stranger = new ProcessBuilder("sleep", "1000").start();
        try {
            Path pidFile = folder.resolve("postgres/data/postmaster.pid");
            String content = Files.readString(pidFile);
            Files.writeString(pidFile, content.replaceFirst("\\d+", String.valueOf(stranger.pid())));

            try (ServersProcess second = ServersProcess.start(folder)) {
                assertThat(second.line()).as(second.errors()).isNotNull();
                assertThat(stranger.isAlive()).isTrue();
            }
        } finally {
            stranger.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"postgresAdmin\": \"ab"})
    void filesThatAPowerLossToreDoNotKeepItFromStarting(String content) throws Exception {
        ServersProcess first = ServersProcess.start(folder);
        first.publish(List.of("kept"));
        try (Connection connection = first.sql();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE note (text text)");
        }
        first.terminate();
        assertThat(first.exitCode()).isEqualTo(128 + 15);
        for (String file : List.of("secrets.json", "kafka/meta.properties", "postgres/data/postmaster.pid")) {
            Files.writeString(folder.resolve(file), content);
        }

        try (ServersProcess second = ServersProcess.start(folder)) {
            assertThat(second.line()).as(second.errors()).isNotNull();
            assertThat(second.published(1)).containsExactly("kept");
            try (Connection connection = second.sql();
                    Statement statement = connection.createStatement()) {
                statement.execute("DROP TABLE note");
            }
        }
    }

    @Test
    void aUserWithoutANameRunsEverything() throws Exception {
        assumeTrue(isRoot(), "root alone can become any user");
        open(folder);
        Files.setAttribute(folder, "unix:uid", NAMELESS);
        String user = "--reuid=" + NAMELESS;
        assumeTrue(
                new ProcessBuilder("setpriv", user, "ls", "target/app").start().waitFor() == 0,
                "another user cannot read this source tree");
        assumeTrue(
                new ProcessBuilder("setpriv", user, "unshare", "--user", "true")
                                .start()
                                .waitFor()
                        == 0,
                "this kernel gives users no namespace of their own");

        try (ServersProcess servers = ServersProcess.start(
                folder,
                List.of("setpriv", user, "--regid=" + NAMELESS, "--clear-groups"),
                Map.of(),
                "--binaries",
                folder.toString())) {
            assertThat(servers.line()).as(servers.errors()).isNotNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"kafka", "postgres", "s3"})
    void aTakenPortIsNamedInOneLine(String server) throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ServersProcess servers =
                    ServersProcess.start(folder, "--" + server + "-port", String.valueOf(taken.getLocalPort()));

            assertThat(servers.exitCode()).isEqualTo(1);
            assertThat(servers.line()).isNull();
            assertThat(servers.errors())
                    .isEqualTo(String.format(
                            Locale.ROOT,
                            "%s port %d: already in use (expected: a free port; set --%s-port)%n",
                            server,
                            taken.getLocalPort(),
                            server));
        }
    }

    @Test
    void aDirectoryServesOneProcess() throws Exception {
        try (ServersProcess first = ServersProcess.start(folder)) {
            // The lock must not hang on an object that the collector takes.
            new ProcessBuilder(ServersProcess.java("jcmd"), String.valueOf(first.pid()), "GC.run")
                    .start()
                    .waitFor();

            ServersProcess second = ServersProcess.start(folder);

            assertThat(second.exitCode()).isEqualTo(1);
            assertThat(second.errors())
                    .isEqualTo("data %s: in use by another process (expected: one process per directory)%n"
                            .formatted(folder));
            try (Connection connection = first.sql()) {
                assertThat(connection.isValid(1)).isTrue();
            }
        }
    }

    @Test
    void processesThatStartTogetherShareTheUnpackedPrograms() throws Exception {
        String[] shelf = {"--binaries", folder.resolve("programs").toString()};
        CompletableFuture<ServersProcess> other =
                CompletableFuture.supplyAsync(() -> uncheckedStart(folder.resolve("other"), shelf));
        try (ServersProcess first = uncheckedStart(folder.resolve("first"), shelf);
                ServersProcess second = other.join()) {
            assertThat(first.line()).as(first.errors()).isNotNull();
            assertThat(second.line()).as(second.errors()).isNotNull();
        }
        assertThat(folder.resolve("programs")).satisfies(programs -> {
            try (Stream<Path> children = Files.list(programs)) {
                assertThat(children).hasSize(1);
            }
        });
    }

    @Test
    void stopsWhenItsParentIsGone() throws Exception {
        ServersProcess servers = ServersProcess.start(folder);
        long postgres = postgresPid();

        servers.closeStandardInput();

        assertThat(servers.exitCode()).isZero();
        assertThat(ProcessHandle.of(postgres)).isEmpty();
    }

    @Test
    void strangersStayOutside() throws Exception {
        try (ServersProcess servers = ServersProcess.start(folder)) {
            Addresses addresses = servers.addresses();
            assertThatThrownBy(() -> servers.s3("wrong")
                            .bucketExists(BucketExistsArgs.builder()
                                    .bucket(addresses.s3Bucket())
                                    .build()))
                    .isInstanceOf(MinioException.class);
            for (String role : List.of("postgres", addresses.postgresUser())) {
                assertThatThrownBy(() -> DriverManager.getConnection(addresses.postgres(), role, "wrong"))
                        .isInstanceOf(SQLException.class)
                        .hasMessageContaining("password authentication failed");
            }
            for (InetAddress outside : NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> !address.isLoopbackAddress())
                    .toList()) {
                for (int port : ports(addresses)) {
                    assertThatThrownBy(() -> connect(outside, port)).isInstanceOf(IOException.class);
                }
            }
        }
    }

    @Test
    void whereTheKernelForbidsUserNamespacesRootRunsPostgresAsNobody() throws Exception {
        assumeTrue(isRoot(), "root alone can become nobody");
        open(folder);
        Path programs = Files.createDirectory(folder.resolve("programs"));
        Path unshare = Files.writeString(programs.resolve("unshare"), "#!/bin/sh\nexit 1\n");
        Files.setPosixFilePermissions(unshare, PosixFilePermissions.fromString("rwxr-xr-x"));
        Map<String, String> withoutNamespaces = Map.of("PATH", programs + ":" + System.getenv("PATH"));
        Path data = folder.resolve("data");

        // The same directory, then with namespaces and without again: the files follow.
        for (Map<String, String> environment :
                List.of(withoutNamespaces, Map.<String, String>of(), withoutNamespaces)) {
            try (ServersProcess servers = ServersProcess.start(data, List.of(), environment)) {
                assertThat(servers.line()).as(servers.errors()).isNotNull();
                assertThat(Files.getAttribute(data.resolve("postgres/data"), "unix:uid"))
                        .isEqualTo(environment.isEmpty() ? 0 : 65534);
            }
        }
    }

    @Test
    void aNormalUserRunsEverything() throws Exception {
        assumeTrue(isRoot(), "for a normal user every other test shows it");
        open(folder);
        Files.setAttribute(folder, "unix:uid", 65534);
        assumeTrue(
                new ProcessBuilder("setpriv", "--reuid=65534", "ls", "target/app")
                                .start()
                                .waitFor()
                        == 0,
                "a normal user cannot read this source tree");
        List<String> asNobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

        try (ServersProcess servers =
                ServersProcess.start(folder, asNobody, Map.of(), "--binaries", folder.toString())) {
            assertThat(servers.line()).as(servers.errors()).isNotNull();
        }
    }

    /** No entry of /etc/passwd has it. */
    private static final int NAMELESS = 54321;

    private static ServersProcess uncheckedStart(Path data, String... options) {
        try {
            return ServersProcess.start(data, options);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long postgresPid() throws IOException {
        return Long.parseLong(Files.readAllLines(folder.resolve("postgres/data/postmaster.pid"))
                .get(0));
    }

    private static String setting(Statement statement, String name) throws SQLException {
        try (ResultSet row = statement.executeQuery("SHOW " + name)) {
            row.next();
            return row.getString(1);
        }
    }

    private static int[] ports(Addresses addresses) {
        return new int[] {
            URI.create("kafka://" + addresses.kafka()).getPort(),
            URI.create(addresses.postgres().substring("jdbc:".length())).getPort(),
            URI.create(addresses.s3()).getPort()
        };
    }

    private static void connect(InetAddress address, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 1000);
        }
    }

    private static boolean isRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    }

    /** JUnit's folders are their owner's alone. */
    private static void open(Path folder) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
