package io.maru.cli.stack;

import io.maru.cli.CommandFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The stack of one data directory, seen from outside: start it, stop it, ask whether it is ready. */
public final class Stack {
    private static final Duration MAX_START = Duration.ofSeconds(180);
    private static final Duration MAX_RESTART = Duration.ofSeconds(30);
    static final Duration MAX_STOP = Duration.ofSeconds(120);

    private final Path root;
    private final Path data;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    public Stack(Path root, Path data) {
        this.root = root;
        this.data = data.toAbsolutePath().normalize();
    }

    public Optional<StackState> state() {
        return StackState.read(data);
    }

    public boolean isRunning() {
        return state().filter(StackState::isRunning).isPresent();
    }

    /** Where the services are: as the running stack says, else at the default ports (a port-forward, say). */
    public Ports ports() {
        return state().map(StackState::ports).orElse(new Ports(Ports.DEFAULT_FIRST));
    }

    /**
     * Starts the stack if it does not run, and waits until every service is ready.
     *
     * @param starting told once nothing stands in the way of a start; not at all where the stack runs
     * @param progress told the services that are not ready yet, each time that they change
     * @throws CommandFailure where the data cannot be kept, a port is taken, or the stack does not get ready
     */
    public void up(Ports ports, Runnable starting, Consumer<List<Service>> progress) {
        Optional<StackState> before = state();
        if (before.isPresent() && !before.get().isRunning()) {
            Supervisor.endLeftovers(before.get());
            StackState.delete(data);
        }
        if (!isRunning()) {
            new DataDirectory(data).check();
            ports.checkFree();
            starting.run();
            startSupervisor(ports);
        }
        awaitReady(progress);
    }

    private void startSupervisor(Ports ports) {
        List<String> command = new ArrayList<>();
        // In a session of its own it outlives the terminal, and Ctrl-C there does not reach it.
        for (String detach : List.of("/usr/bin/setsid", "/bin/setsid")) {
            if (command.isEmpty() && Files.isExecutable(Path.of(detach))) {
                command.add(detach);
            }
        }
        command.addAll(List.of(
                Supervisor.java(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                Supervisor.NO_SAMPLES,
                "-Xmx48m",
                "-Dmaru.root=" + root,
                "-cp",
                System.getProperty("java.class.path"),
                "io.maru.cli.Maru",
                "supervise",
                "--data",
                data.toString(),
                "--port-base",
                Integer.toString(ports.first())));
        try {
            Files.createDirectories(data.resolve("logs"));
            Process supervisor = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.from(nullDevice()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            data.resolve("logs/supervisor.log").toFile()))
                    .start();
            Instant deadline = Instant.now().plusSeconds(30);
            while (!isRunning()) {
                if (!supervisor.isAlive() && supervisor.exitValue() != 0
                        || Instant.now().isAfter(deadline)) {
                    throw CommandFailure.failed(
                            "STACK_DID_NOT_START",
                            "the stack did not start; " + data.resolve("logs/supervisor.log") + " has the reason");
                }
                sleep(50);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static java.io.File nullDevice() {
        return Path.of("/dev/null").toFile();
    }

    private void awaitReady(Consumer<List<Service>> progress) {
        Instant deadline = Instant.now().plus(MAX_START);
        List<Service> told = List.of();
        while (true) {
            List<Service> waiting = readiness().entrySet().stream()
                    .filter(entry -> !entry.getValue())
                    .map(Map.Entry::getKey)
                    .toList();
            if (!waiting.equals(told)) {
                progress.accept(waiting);
                told = waiting;
            }
            if (waiting.isEmpty()) {
                return;
            }
            if (!isRunning()) {
                throw CommandFailure.failed(
                        "STACK_DID_NOT_START",
                        "the stack stopped while starting; " + data.resolve("logs") + " has the reason");
            }
            if (Instant.now().isAfter(deadline)) {
                throw CommandFailure.failed(
                        "STACK_NOT_READY",
                        String.format(
                                Locale.ROOT,
                                "%s: not ready after %d s (expected: ready); %s has the reason",
                                waiting.get(0).id(),
                                MAX_START.toSeconds(),
                                data.resolve("logs")));
            }
            sleep(100);
        }
    }

    /**
     * Waits for a service that the supervisor is starting (again). Gives up after a while, and at once where no supervisor
     * runs: the call that follows then says what is wrong.
     */
    public void awaitReady(Service service) {
        Instant deadline = Instant.now().plus(MAX_RESTART);
        while (!isReady(service.port(ports())) && isRunning() && Instant.now().isBefore(deadline)) {
            sleep(100);
        }
    }

    /** Where a service writes what happens in it. */
    public Path log(Service service) {
        return data.resolve("logs").resolve(service.id() + ".log");
    }

    /** What each service says of itself now. */
    public Map<Service, Boolean> readiness() {
        Ports ports = ports();
        Map<Service, Boolean> ready = new EnumMap<>(Service.class);
        for (Service service : Service.values()) {
            ready.put(service, isReady(service.port(ports)));
        }
        return ready;
    }

    private boolean isReady(int port) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/ready"))
                .timeout(Duration.ofSeconds(5))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.failed("INTERRUPTED", "interrupted");
        }
    }

    /** Stops everything in order. False if nothing ran. */
    public boolean down() {
        Optional<StackState> state = state();
        if (state.isEmpty()) {
            return false;
        }
        Optional<ProcessHandle> supervisor = state.get().supervisor().handle();
        if (supervisor.isEmpty()) {
            Supervisor.endLeftovers(state.get());
            StackState.delete(data);
            return true;
        }
        supervisor.get().destroy();
        Instant deadline = Instant.now().plus(MAX_STOP);
        while (supervisor.get().isAlive()) {
            if (Instant.now().isAfter(deadline)) {
                throw CommandFailure.failed(
                        "STACK_DID_NOT_STOP",
                        String.format(
                                Locale.ROOT,
                                "supervisor process %d: still alive after %d s (expected: ended)",
                                supervisor.get().pid(),
                                MAX_STOP.toSeconds()));
            }
            sleep(50);
        }
        return true;
    }

    private static void sleep(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.failed("INTERRUPTED", "interrupted");
        }
    }
}
