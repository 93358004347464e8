package io.maru.cli;

import io.maru.cli.doctor.Check;
import io.maru.cli.doctor.Machine;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "doctor",
        description = "Look at this machine: JDK, memory, disk, ports, CPU features, GPU and its libraries.",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Mixin
    PortOption port;

    @Override
    public Integer call() {
        Output output = options.output();
        List<Check> checks = Machine.examine(
                CommonOptions.root(),
                options.dataDirectory(),
                port.ports(),
                options.stack().isRunning());
        for (Check check : checks) {
            output.say("%-8s %-10s %s", check.verdict(), check.subject(), check.found());
        }
        boolean well = checks.stream().noneMatch(check -> check.verdict() == Check.Verdict.WRONG);
        output.result(
                Map.of("well", well, "checks", checks.stream().map(Check::toMap).toList()));
        return well ? 0 : CommandFailure.FAILED;
    }
}
