package io.maru.cli;

import io.maru.cli.run.RunProgress;
import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.control.v1.ListRunsRequest;
import io.maru.control.v1.ListRunsResponse;
import io.maru.control.v1.Run;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "runs", description = "The runs, newest first.", mixinStandardHelpOptions = true)
final class RunsCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "At most this many (default: 20).")
    int limit;

    @Override
    public Integer call() {
        Output output = options.output();
        if (limit < 1) {
            throw CommandFailure.badInput("limit: %d (expected: >= 1)".formatted(limit));
        }
        List<Run> runs = new ArrayList<>();
        try (Services services = options.connect()) {
            String token = "";
            do {
                ListRunsResponse page = services.control()
                        .listRuns(ListRunsRequest.newBuilder()
                                .setPageSize(Math.min(limit - runs.size(), 1000))
                                .setPageToken(token)
                                .build());
                runs.addAll(page.getRunsList());
                token = page.getNextPageToken();
            } while (!token.isEmpty() && runs.size() < limit);
        }
        output.say("%-20s %-10s %-16s %-19s %s", "run", "state", "stage", "submitted", "model");
        DateTimeFormatter time =
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(ZoneId.systemDefault());
        for (Run run : runs) {
            output.say(
                    "%-20s %-10s %-16s %-19s %s",
                    run.getName(),
                    run.getState(),
                    RunProgress.title(run.getStage()),
                    time.format(Instant.ofEpochSecond(run.getCreateTime().getSeconds())),
                    run.getModelVersion());
            if (!run.getPauseReason().isEmpty()) {
                output.say("  paused: %s", run.getPauseReason());
            }
        }
        output.result(Map.of("runs", runs.stream().map(RunReport::of).toList()));
        return 0;
    }
}
