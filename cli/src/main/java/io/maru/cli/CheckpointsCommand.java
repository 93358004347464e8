package io.maru.cli;

import io.maru.checkpoint.v1.Checkpoint;
import io.maru.checkpoint.v1.ListCheckpointsRequest;
import io.maru.checkpoint.v1.ListCheckpointsResponse;
import io.maru.checkpoint.v1.StoredFile;
import io.maru.cli.run.Names;
import io.maru.cli.run.Services;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "checkpoints",
        description = "The checkpoints of a run: by training, the highest step first. Each of them generates.",
        mixinStandardHelpOptions = true)
final class CheckpointsCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "RUN", description = "As in runs/r-1a2b3c.")
    String run;

    @Override
    public Integer call() {
        Output output = options.output();
        List<Checkpoint> checkpoints = new ArrayList<>();
        try (Services services = options.connect()) {
            String token = "";
            do {
                ListCheckpointsResponse page = services.checkpoint()
                        .listCheckpoints(ListCheckpointsRequest.newBuilder()
                                .setRun(run)
                                .setPageToken(token)
                                .build());
                checkpoints.addAll(page.getCheckpointsList());
                token = page.getNextPageToken();
            } while (!token.isEmpty());
        }
        output.say("%-36s %-8s %-16s %s", "checkpoint", "state", "validation loss", "bytes");
        for (Checkpoint checkpoint : checkpoints) {
            output.say(
                    "%-36s %-8s %-16s %,d",
                    Names.brief(checkpoint.getName()),
                    checkpoint.getState(),
                    checkpoint.getValidationLoss() == 0
                            ? "-"
                            : String.format(Locale.ROOT, "%.4f", checkpoint.getValidationLoss()),
                    bytes(checkpoint));
        }
        output.result(Map.of(
                "checkpoints",
                checkpoints.stream().map(CheckpointsCommand::report).toList()));
        return 0;
    }

    private static Map<String, Object> report(Checkpoint checkpoint) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("checkpoint", checkpoint.getName());
        report.put("step", checkpoint.getStep());
        report.put("state", checkpoint.getState().name());
        report.put("validation_loss", checkpoint.getValidationLoss() == 0 ? null : checkpoint.getValidationLoss());
        report.put("bytes", bytes(checkpoint));
        return report;
    }

    private static long bytes(Checkpoint checkpoint) {
        return checkpoint.getFilesList().stream().mapToLong(StoredFile::getSize).sum();
    }
}
