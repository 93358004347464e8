package io.maru.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * PostgreSQL as a child process, with its durability as it comes: what is committed is on the disk.
 *
 * <p>It lives on when this process is killed, since nothing tells it. So a start first stops what the last one may have
 * left behind on the same directory.
 */
final class PostgresServer implements EmbeddedServer {
    static final String USER = "maru";
    private static final String DATABASE = "maru";
    private static final String ADMIN = "postgres";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int POLL_MILLIS = 20;
    /** SQL states of a refused connection and of "the database system is starting up". */
    private static final Set<String> NOT_YET = Set.of("08001", "57P03");

    private final Path home;
    private final Path data;
    private final Path binariesFolder;
    private final int port;
    private final Secrets secrets;
    private volatile Process process;
    private volatile boolean closing;

    PostgresServer(Path home, Path binariesFolder, int port, Secrets secrets) {
        this.home = home;
        this.data = dataDirectory(home);
        this.binariesFolder = binariesFolder;
        this.port = port;
        this.secrets = secrets;
    }

    String url() {
        return url(DATABASE);
    }

    /** Stops the server that a killed process left on {@code home}, so that its port and its data are free again. */
    static void stopOrphan(Path home) throws IOException, InterruptedException {
        Path pidFile = dataDirectory(home).resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        String first = Files.readString(pidFile).lines().findFirst().orElse("").strip();
        if (!first.matches("\\d{1,9}")) {
            // A power loss left it empty or torn. It names nobody, and PostgreSQL would not start beside it.
            Optional<ProcessHandle> server = serverOf(home);
            if (server.isPresent()) {
                stop(server.get());
            }
            Files.deleteIfExists(pidFile);
            return;
        }
        long pid = Long.parseLong(first);
        ProcessHandle process = ProcessHandle.of(pid).orElse(null);
        if (process == null) {
            // PostgreSQL removes the file itself, once it knows that no child of the dead server still has the data.
            return;
        }
        if (worksIn(dataDirectory(home), pid)) {
            stop(process);
        } else {
            // The number has passed to a stranger, for whose sake PostgreSQL would refuse to start.
            Files.delete(pidFile);
        }
    }

    /** The server that has the data, where its file does not tell: the process that works there, and is no child of one that does. */
    private static Optional<ProcessHandle> serverOf(Path home) throws IOException {
        for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
            if (worksIn(dataDirectory(home), process.pid())
                    && !(process.parent().isPresent()
                            && worksIn(
                                    dataDirectory(home), process.parent().get().pid()))) {
                return Optional.of(process);
            }
        }
        return Optional.empty();
    }

    @Override
    public void start() throws Exception {
        Files.createDirectories(home);
        Path binaries = PostgresBinaries.unpack(binariesFolder);
        Unprivileged unprivileged = Unprivileged.choose();
        if (!Files.exists(data)) {
            initialise(binaries, unprivileged);
        }
        unprivileged.own(data);
        setAdminPassword(binaries, unprivileged);
        process = new ProcessBuilder(unprivileged.command(serverCommand(binaries)))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (Connection connection = firstConnection()) {
            createMissing(connection);
        }
        process.onExit().thenAccept(this::died);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        closing = true;
        if (process != null && process.isAlive()) {
            stop(process.toHandle());
        }
    }

    private static Path dataDirectory(Path home) {
        return home.resolve("data");
    }

    private static boolean worksIn(Path directory, long pid) throws IOException {
        try {
            return Files.isSameFile(Path.of("/proc", String.valueOf(pid), "cwd"), directory);
        } catch (NoSuchFileException | AccessDeniedException e) {
            return false; // gone by now, or another user's
        }
    }

    /** The "fast" shutdown: sessions are ended, and the data is left as after a clean stop. */
    private static void stop(ProcessHandle server) throws IOException, InterruptedException {
        new ProcessBuilder("sh", "-c", "kill -INT " + server.pid()).start().waitFor();
        try {
            server.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new StartException(
                    "postgres pid " + server.pid() + ": still running after " + PATIENCE + " (expected: stopped)", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Makes the cluster in a folder beside its place, so that an interrupted attempt leaves none that looks whole. */
    private void initialise(Path binaries, Unprivileged unprivileged) throws IOException, InterruptedException {
        Path workshop = Files.createTempDirectory(home, "initdb-");
        Path password = workshop.resolve("password");
        PrivateFile.write(password, secrets.postgresAdmin());
        unprivileged.own(workshop);

        Path draft = workshop.resolve("data");
        List<String> command = List.of(
                binaries.resolve("bin/initdb").toString(),
                "--pgdata=" + draft,
                "--username=" + ADMIN,
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                // Text sorts the same on every machine, whatever locales it has.
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C");
        Process initdb = new ProcessBuilder(unprivileged.command(command))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (initdb.waitFor() != 0) {
            throw new StartException("postgres: initdb ended with exit code " + initdb.exitValue() + " in " + home
                    + " (expected: 0; its own message is above)");
        }
        Files.move(draft, data, StandardCopyOption.ATOMIC_MOVE);
        PrivateFile.write(home.resolve("password.sha256"), secrets.postgresAdminDigest());
        Files.delete(password);
        Files.delete(workshop);
    }

    /**
     * Gives the superuser the password of {@link Secrets} where it has another, by PostgreSQL's mode for one user, which asks
     * for none.
     */
    private void setAdminPassword(Path binaries, Unprivileged unprivileged) throws IOException, InterruptedException {
        Path known = home.resolve("password.sha256");
        String digest = secrets.postgresAdminDigest();
        if (Files.exists(known) && Files.readString(known).equals(digest)) {
            return;
        }
        Process single = new ProcessBuilder(unprivileged.command(
                        List.of(binaries.resolve("bin/postgres").toString(), "--single", "-D", data.toString(), ADMIN)))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (OutputStream in = single.getOutputStream()) {
            in.write(("ALTER ROLE " + ADMIN + " PASSWORD '" + secrets.postgresAdmin() + "'\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }
        if (single.waitFor() != 0) {
            throw new StartException("postgres: single-user mode ended with exit code " + single.exitValue() + " in "
                    + home + " (expected: 0; its own message is above)");
        }
        PrivateFile.write(known, digest);
    }

    private List<String> serverCommand(Path binaries) {
        Map<String, String> settings = Map.of(
                "listen_addresses", "127.0.0.1",
                "port", String.valueOf(port),
                "unix_socket_directories", "",
                "max_connections", "200",
                "shared_buffers", "64MB",
                "timezone", "UTC",
                "log_timezone", "UTC",
                "log_checkpoints", "off");
        List<String> command =
                new ArrayList<>(List.of(binaries.resolve("bin/postgres").toString(), "-D", data.toString()));
        settings.forEach((name, value) -> {
            command.add("-c");
            command.add(name + "=" + value);
        });
        return command;
    }

    private Connection firstConnection() throws SQLException, InterruptedException {
        Instant deadline = Instant.now().plus(PATIENCE);
        while (true) {
            try {
                return DriverManager.getConnection(url(ADMIN), ADMIN, secrets.postgresAdmin());
            } catch (SQLException e) {
                if (!NOT_YET.contains(e.getSQLState()) || Instant.now().isAfter(deadline)) {
                    throw e;
                }
            }
            if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                throw new StartException("postgres: ended with exit code " + process.exitValue()
                        + " (expected: a running server; its own message is above)");
            }
        }
    }

    private void createMissing(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (isEmpty(statement, "SELECT 1 FROM pg_roles WHERE rolname = '" + USER + "'")) {
                statement.execute("CREATE ROLE " + USER + " LOGIN");
            }
            statement.execute("ALTER ROLE " + USER + " PASSWORD '" + secrets.postgres() + "'");
            if (isEmpty(statement, "SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
                statement.execute("CREATE DATABASE " + DATABASE + " OWNER " + USER);
            }
        }
    }

    private static boolean isEmpty(Statement statement, String query) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            return !rows.next();
        }
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    private void died(Process server) {
        if (!closing) {
            System.err.println("postgres: ended with exit code " + server.exitValue() + " (expected: to run on)");
            System.exit(1);
        }
    }
}
