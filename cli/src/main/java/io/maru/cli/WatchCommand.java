package io.maru.cli;

import io.maru.cli.run.RunProgress;
import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.control.v1.GetRunRequest;
import io.maru.control.v1.Run;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "watch",
        description = "Follow a run to its end: each step, its progress, loss, tokens/s, time left.",
        mixinStandardHelpOptions = true)
final class WatchCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "RUN", description = "As in runs/r-1a2b3c.")
    String run;

    @Override
    public Integer call() {
        Output output = options.output();
        try (Services services = options.connect();
                RunProgress progress = new RunProgress(services, output)) {
            Run now = services.control()
                    .getRun(GetRunRequest.newBuilder().setName(run).build());
            // The newest event again, so that there is something to see at once.
            Run ended = progress.follow(run, Math.max(0, now.getSequence() - 1));
            RunReport.print(ended, output);
            if (ended.getState() == Run.State.SUCCEEDED) {
                options.sayNext(ended, output);
            }
            RunReport.requireSuccess(ended);
            output.result(RunReport.of(ended, services));
        }
        return 0;
    }
}
