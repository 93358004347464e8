package io.maru.cli;

import io.maru.checkpoint.v1.ExportModelVersionRequest;
import io.maru.checkpoint.v1.ExportModelVersionRequest.DataType;
import io.maru.checkpoint.v1.ExportModelVersionResponse;
import io.maru.cli.run.ReceivedFiles;
import io.maru.cli.run.Services;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "export",
        description = "Write a model version into a folder, as transformers or llama.cpp load it.",
        mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
    /** As the option says it. */
    enum Format {
        hf(ExportModelVersionRequest.Format.HUGGING_FACE),
        gguf(ExportModelVersionRequest.Format.GGUF);

        private final ExportModelVersionRequest.Format proto;

        Format(ExportModelVersionRequest.Format proto) {
            this.proto = proto;
        }
    }

    /** As the option says it. */
    enum Precision {
        f32(DataType.F32),
        f16(DataType.F16),
        bf16(DataType.BF16),
        q8_0(DataType.Q8_0);

        private final DataType proto;

        Precision(DataType proto) {
            this.proto = proto;
        }
    }

    @Mixin
    CommonOptions options;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description = "models/NAME, models/NAME@ALIAS or models/NAME/versions/N.")
    String model;

    @Parameters(index = "1", paramLabel = "DIR", description = "A folder that is empty or not there yet.")
    Path folder;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "hf",
            description = "hf: a folder that transformers loads; gguf: one file that llama.cpp loads (default: hf).")
    Format format;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "f32, f16, bf16, or q8_0 in a GGUF file (default: as the weights are).")
    Precision precision;

    @Override
    public Integer call() {
        Output output = options.output();
        ReceivedFiles.requireEmpty(folder);
        ExportModelVersionRequest request = ExportModelVersionRequest.newBuilder()
                .setName(ModelName.of(model))
                .setFormat(format.proto)
                .setDtype(precision == null ? DataType.DATA_TYPE_UNSPECIFIED : precision.proto)
                .build();
        List<ReceivedFiles.File> written;
        try (Services services = options.connect()) {
            Iterator<ExportModelVersionResponse> parts =
                    services.checkpointStream().exportModelVersion(request);
            written = ReceivedFiles.write(parts, folder);
        }
        written.forEach(file -> output.say("%,15d  %s", file.size(), folder.resolve(file.name())));
        output.result(Map.of(
                "files",
                written.stream()
                        .map(file -> Map.of("file", file.name(), "size", file.size(), "sha256", file.sha256()))
                        .toList()));
        return 0;
    }
}
