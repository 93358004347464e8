package io.maru.cli;

import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.UpdateModelVersionRequest;
import io.maru.cli.run.ModelReports;
import io.maru.cli.run.Services;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "label",
        description = "Set labels and the note of a version; those not named stay.",
        mixinStandardHelpOptions = true)
final class ModelLabelCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "models/NAME, models/NAME@ALIAS or models/NAME/versions/N.")
    String model;

    @Parameters(index = "1..*", paramLabel = "KEY=VALUE", description = "KEY= alone takes a label away.")
    List<String> labels = List.of();

    @Option(names = "--note", paramLabel = "TEXT", description = "A few words for people.")
    String note;

    @Override
    public Integer call() {
        Output output = options.output();
        try (Services services = options.connect()) {
            ModelVersion version = services.checkpoint()
                    .getModelVersion(GetModelVersionRequest.newBuilder()
                            .setName(ModelName.of(model))
                            .build());
            Map<String, String> all = new TreeMap<>(version.getLabelsMap());
            for (String label : labels) {
                int equals = label.indexOf('=');
                if (equals < 1) {
                    throw CommandFailure.badInput("label: \"%s\" (expected: KEY=VALUE)".formatted(label));
                }
                if (equals == label.length() - 1) {
                    all.remove(label.substring(0, equals));
                } else {
                    all.put(label.substring(0, equals), label.substring(equals + 1));
                }
            }
            ModelVersion updated = services.checkpoint()
                    .updateModelVersion(UpdateModelVersionRequest.newBuilder()
                            .setName(version.getName())
                            .putAllLabels(all)
                            .setNote(note == null ? version.getNote() : note)
                            .build());
            ModelReports.print(updated, output);
            output.result(ModelReports.of(updated));
        }
        return 0;
    }
}
