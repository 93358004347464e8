package io.maru.cli;

import io.maru.control.v1.ControlServiceGrpc.ControlServiceBlockingStub;
import io.maru.control.v1.ResumeRunRequest;
import io.maru.control.v1.Run;
import picocli.CommandLine.Command;

@Command(
        name = "resume",
        description = "Let a paused run go on from its last checkpoint.",
        mixinStandardHelpOptions = true)
final class ResumeCommand extends RunRequest {
    @Override
    Run ask(ControlServiceBlockingStub control, String run) {
        return control.resumeRun(ResumeRunRequest.newBuilder().setName(run).build());
    }
}
