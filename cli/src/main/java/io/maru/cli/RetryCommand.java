package io.maru.cli;

import io.maru.control.v1.ControlServiceGrpc.ControlServiceBlockingStub;
import io.maru.control.v1.RetryRunRequest;
import io.maru.control.v1.Run;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "retry",
        description = "Do steps of a run again that failed or were cancelled, and what was skipped for them.",
        mixinStandardHelpOptions = true)
final class RetryCommand extends RunRequest {
    @Parameters(
            index = "1",
            paramLabel = "STEP",
            arity = "0..1",
            defaultValue = "",
            description = "Only this one (default: all that failed).")
    String step;

    @Override
    Run ask(ControlServiceBlockingStub control, String run) {
        return control.retryRun(
                RetryRunRequest.newBuilder().setName(run).setStep(step).build());
    }
}
