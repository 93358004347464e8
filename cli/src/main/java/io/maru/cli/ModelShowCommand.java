package io.maru.cli;

import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.cli.run.ModelReports;
import io.maru.cli.run.Services;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        description = "One version: what it was made of, and its files.",
        mixinStandardHelpOptions = true)
final class ModelShowCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "MODEL", description = "models/NAME, models/NAME@ALIAS or models/NAME/versions/N.")
    String model;

    @Override
    public Integer call() {
        Output output = options.output();
        try (Services services = options.connect()) {
            ModelVersion version = services.checkpoint()
                    .getModelVersion(GetModelVersionRequest.newBuilder()
                            .setName(ModelName.of(model))
                            .build());
            ModelReports.print(version, output);
            output.result(ModelReports.of(version));
        }
        return 0;
    }
}
