package io.maru.cli;

import io.maru.control.v1.ControlServiceGrpc.ControlServiceBlockingStub;
import io.maru.control.v1.PauseRunRequest;
import io.maru.control.v1.Run;
import picocli.CommandLine.Command;

@Command(
        name = "pause",
        description = "Ask a run that trains to save a checkpoint and wait. It is PAUSED when it has.",
        mixinStandardHelpOptions = true)
final class PauseCommand extends RunRequest {
    @Override
    Run ask(ControlServiceBlockingStub control, String run) {
        return control.pauseRun(PauseRunRequest.newBuilder().setName(run).build());
    }
}
