package io.maru.cli;

import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.control.v1.PauseRunRequest;
import io.maru.control.v1.Run;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "pause",
        description = "Ask a run that trains to save a checkpoint and wait. It is PAUSED when it has.",
        mixinStandardHelpOptions = true)
final class PauseCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "RUN", description = "As in runs/r-1a2b3c.")
    String run;

    @Override
    public Integer call() {
        Output output = options.output();
        try (Services services = options.connect()) {
            Run now = services.control()
                    .pauseRun(PauseRunRequest.newBuilder().setName(run).build());
            output.say("%s %s", now.getName(), now.getState());
            output.result(RunReport.of(now));
        }
        return 0;
    }
}
