package io.maru.cli;

import io.maru.control.v1.CancelRunRequest;
import io.maru.control.v1.ControlServiceGrpc.ControlServiceBlockingStub;
import io.maru.control.v1.Run;
import picocli.CommandLine.Command;

@Command(
        name = "cancel",
        description = "Ask a run to stop. It is CANCELLED when its steps have stopped.",
        mixinStandardHelpOptions = true)
final class CancelCommand extends RunRequest {
    @Override
    Run ask(ControlServiceBlockingStub control, String run) {
        return control.cancelRun(CancelRunRequest.newBuilder().setName(run).build());
    }
}
