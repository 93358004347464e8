package io.maru.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "down",
        description = "Stop all of it in order. Runs go on where they were at the next up.",
        mixinStandardHelpOptions = true)
final class DownCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Override
    public Integer call() {
        Output output = options.output();
        boolean ran = options.stack().down();
        output.say(ran ? "stopped" : "nothing runs");
        output.result(Map.of("state", "STOPPED", "ran", ran));
        return 0;
    }
}
