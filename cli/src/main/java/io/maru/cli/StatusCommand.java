package io.maru.cli;

import io.maru.cli.stack.ProcessMemory;
import io.maru.cli.stack.Service;
import io.maru.cli.stack.Stack;
import io.maru.cli.stack.StackState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        description = "What runs, whether it is ready, and the memory it takes.",
        mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Override
    public Integer call() {
        Output output = options.output();
        Stack stack = options.stack();
        StackState state = stack.state()
                .filter(StackState::isRunning)
                .orElseThrow(
                        () -> CommandFailure.unavailable("nothing runs (expected: a stack that ./maru up started)"));
        Map<Service, Boolean> readiness = stack.readiness();
        List<Map<String, Object>> processes = new ArrayList<>();
        List<StackState.Process> all = new ArrayList<>(state.processes());
        all.add(state.supervisor());
        long total = 0;
        output.say("%-14s %8s %6s %9s %9s  %s", "process", "pid", "port", "restarts", "MiB", "state");
        for (StackState.Process process : all) {
            // PostgreSQL's processes are children of the embedded servers'; everything is a child of the supervisor.
            boolean isSupervisor = process == state.supervisor();
            long memory = process.handle()
                    .map(isSupervisor ? ProcessMemory::resident : ProcessMemory::residentOfTree)
                    .orElse(0L);
            total += memory;
            String ready = readiness.entrySet().stream()
                    .filter(entry -> entry.getKey().id().equals(process.name()))
                    .map(entry -> entry.getValue() ? "ready" : "not ready")
                    .findFirst()
                    .orElse(process.handle().isPresent() ? "running" : "dead");
            output.say(
                    "%-14s %8d %6s %9d %9d  %s",
                    process.name(),
                    process.pid(),
                    process.port() == 0 ? "" : process.port(),
                    process.restarts(),
                    memory >> 20,
                    ready);
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("name", process.name());
            line.put("pid", process.pid());
            line.put("port", process.port());
            line.put("restarts", process.restarts());
            line.put("resident_bytes", memory);
            line.put("state", ready);
            processes.add(line);
        }
        output.say("%-14s %8s %6s %9s %9d", "all", "", "", "", total >> 20);
        output.result(Map.of("processes", processes, "resident_bytes", total));
        return 0;
    }
}
