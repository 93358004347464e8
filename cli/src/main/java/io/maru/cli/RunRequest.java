package io.maru.cli;

import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.control.v1.ControlServiceGrpc.ControlServiceBlockingStub;
import io.maru.control.v1.Run;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What an operator asks of one run; it tells the state that the run has then. */
abstract class RunRequest implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(index = "0", paramLabel = "RUN", description = "As in runs/r-1a2b3c.")
    String run;

    abstract Run ask(ControlServiceBlockingStub control, String run);

    @Override
    public Integer call() {
        Output output = options.output();
        try (Services services = options.connect()) {
            Run now = ask(services.control(), run);
            output.say("%s %s", now.getName(), now.getState());
            output.result(RunReport.of(now));
        }
        return 0;
    }
}
