package io.maru.cli;

import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.control.v1.CancelRunRequest;
import io.maru.control.v1.Run;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "cancel",
        description = "Ask a run to stop. It is CANCELLED when its present stage has stopped.",
        mixinStandardHelpOptions = true)
final class CancelCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "RUN", description = "As in runs/r-1a2b3c.")
    String run;

    @Override
    public Integer call() {
        Output output = options.output();
        try (Services services = options.connect()) {
            Run now = services.control()
                    .cancelRun(CancelRunRequest.newBuilder().setName(run).build());
            output.say("%s %s", now.getName(), now.getState());
            output.result(RunReport.of(now));
        }
        return 0;
    }
}
