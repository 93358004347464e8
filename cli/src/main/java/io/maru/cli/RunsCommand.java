package io.maru.cli;

import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.cli.run.TrainingReport;
import io.maru.control.v1.GetRunRequest;
import io.maru.control.v1.ListRunsRequest;
import io.maru.control.v1.ListRunsResponse;
import io.maru.control.v1.Run;
import io.maru.control.v1.Step;
import io.maru.training.v1.GetTrainingHistoryRequest;
import io.maru.training.v1.GetTrainingJobRequest;
import io.maru.training.v1.HistoryPoint;
import io.maru.training.v1.TrainingJob;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "runs",
        description = "The runs, newest first; or what one of them came to, and what training chose for it.",
        mixinStandardHelpOptions = true)
final class RunsCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "RUN", arity = "0..1", description = "Only this one, as in runs/r-1a2b3c.")
    String run;

    @Option(names = "--history", description = "With RUN: how its training went, in few lines. No spike is left out.")
    boolean history;

    @Option(
            names = "--points",
            paramLabel = "N",
            defaultValue = "20",
            description = "Lines of the history (default: 20, at most 10000).")
    int points;

    @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "At most this many (default: 20).")
    int limit;

    @Override
    public Integer call() {
        Output output = options.output();
        if (run != null) {
            return tell(output);
        }
        if (history) {
            throw CommandFailure.badInput("--history: without a run (expected: maru runs RUN --history)");
        }
        if (limit < 1) {
            throw CommandFailure.badInput(String.format(Locale.ROOT, "limit: %d (expected: >= 1)", limit));
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
        output.say("%-23s %-10s %-19s %s", "run", "state", "submitted", "at work, or made");
        DateTimeFormatter time =
                DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());
        for (Run run : runs) {
            output.say(
                    "%-23s %-10s %-19s %s",
                    run.getName(),
                    run.getState(),
                    time.format(Instant.ofEpochSecond(run.getCreateTime().getSeconds())),
                    RunReport.place(run));
            RunReport.reasons(run).forEach(reason -> output.paragraph("  ", reason));
        }
        output.result(Map.of("runs", runs.stream().map(RunReport::of).toList()));
        return 0;
    }

    private int tell(Output output) {
        try (Services services = options.connect()) {
            Run found = services.control()
                    .getRun(GetRunRequest.newBuilder().setName(run).build());
            Map<String, Object> result = new LinkedHashMap<>(RunReport.of(found));
            RunReport.print(found, output);
            Map<String, Object> trainings = new LinkedHashMap<>();
            for (Step step : found.getStepsList()) {
                if (step.containsMade("training_job")) {
                    TrainingJob job = services.training()
                            .getTrainingJob(GetTrainingJobRequest.newBuilder()
                                    .setName(step.getMadeOrThrow("training_job"))
                                    .build());
                    output.say("%s", step.getName());
                    TrainingReport.print(job, output);
                    trainings.put(step.getName(), TrainingReport.of(job));
                }
            }
            result.put("trainings", trainings);
            if (history) {
                result.put("history", history(services, found, output));
            }
            output.result(result);
        }
        return 0;
    }

    /** By step. */
    private Map<String, Object> history(Services services, Run run, Output output) {
        Map<String, Object> histories = new LinkedHashMap<>();
        for (Step step : run.getStepsList()) {
            if (step.containsMade("training_job")) {
                List<HistoryPoint> found = services.training()
                        .getTrainingHistory(GetTrainingHistoryRequest.newBuilder()
                                .setName(step.getMadeOrThrow("training_job"))
                                .setMaxPoints(points)
                                .build())
                        .getPointsList();
                output.say("%s", step.getName());
                TrainingReport.print(found, output);
                histories.put(
                        step.getName(), found.stream().map(TrainingReport::of).toList());
            }
        }
        if (histories.isEmpty()) {
            throw CommandFailure.badInput(
                    "%s: no training yet (expected: one that has begun)".formatted(run.getName()));
        }
        return histories;
    }
}
