package io.maru.cli;

import io.maru.checkpoint.v1.ListModelChangesRequest;
import io.maru.checkpoint.v1.ListModelChangesResponse;
import io.maru.checkpoint.v1.ModelChange;
import io.maru.cli.run.Services;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "changes",
        description = "Who changed what about a model, newest first.",
        mixinStandardHelpOptions = true)
final class ModelChangesCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "MODEL", description = "As in models/story.")
    String model;

    @Override
    public Integer call() {
        Output output = options.output();
        List<ModelChange> changes = new ArrayList<>();
        try (Services services = options.connect()) {
            String token = "";
            do {
                ListModelChangesResponse page = services.checkpoint()
                        .listModelChanges(ListModelChangesRequest.newBuilder()
                                .setModel(ModelName.of(model))
                                .setPageToken(token)
                                .build());
                changes.addAll(page.getChangesList());
                token = page.getNextPageToken();
            } while (!token.isEmpty());
        }
        for (ModelChange change : changes) {
            output.say(
                    "%s  %-18s %s: %s -> %s  by %s",
                    time(change),
                    change.getAction(),
                    change.getSubject(),
                    shown(change.getBefore()),
                    shown(change.getAfter()),
                    change.getCaller());
        }
        output.result(Map.of(
                "changes", changes.stream().map(ModelChangesCommand::report).toList()));
        return 0;
    }

    private static String time(ModelChange change) {
        return Instant.ofEpochSecond(change.getTime().getSeconds()).toString();
    }

    private static String shown(String value) {
        return value.isEmpty() ? "nothing" : value;
    }

    private static Map<String, Object> report(ModelChange change) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("time", time(change));
        report.put("action", change.getAction());
        report.put("subject", change.getSubject());
        report.put("before", change.getBefore());
        report.put("after", change.getAfter());
        report.put("caller", change.getCaller());
        return report;
    }
}
