package io.maru.cli;

import io.maru.cli.stack.Ports;
import io.maru.cli.stack.Service;
import io.maru.cli.stack.Stack;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "up",
        description = "Start Kafka, PostgreSQL, the S3 store and the seven services; wait until all are ready.",
        mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Mixin
    PortOption port;

    @Override
    public Integer call() {
        Output output = options.output();
        double seconds = up(options, port.ports(), output);
        Map<String, Object> ports = new LinkedHashMap<>(options.stack().ports().byName());
        output.say("data and logs: %s", options.dataDirectory());
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("state", "READY");
        result.put("seconds", seconds);
        result.put("data", options.dataDirectory().toString());
        result.put("ports", ports);
        output.result(result);
        return 0;
    }

    /** Starts the stack and tells how it goes; the seconds until it was ready. */
    static double up(CommonOptions options, Ports ports, Output output) {
        Stack stack = options.stack();
        boolean running = stack.isRunning();
        long start = System.nanoTime();
        int[] waiting = {Service.values().length};
        stack.up(
                ports,
                () -> output.say("starting Kafka, PostgreSQL, S3 and %d services", Service.values().length),
                services -> {
                    if (!services.isEmpty() && services.size() < waiting[0]) {
                        output.say(
                                "  waiting for %s",
                                String.join(
                                        ", ", services.stream().map(Service::id).toList()));
                    }
                    waiting[0] = services.size();
                });
        double seconds = Math.round((System.nanoTime() - start) / 1e8) / 10.0;
        if (running) {
            output.say("the stack is running");
        } else {
            output.say("all ready after %.1f s", seconds);
        }
        return seconds;
    }
}
