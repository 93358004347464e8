package io.maru.cli;

import io.maru.checkpoint.v1.CreateImportRequest;
import io.maru.checkpoint.v1.GetImportRequest;
import io.maru.checkpoint.v1.Import;
import io.maru.checkpoint.v1.ImportSpec;
import io.maru.checkpoint.v1.ModelFile;
import io.maru.cli.run.ModelFiles;
import io.maru.cli.run.ModelUpload;
import io.maru.cli.run.Names;
import io.maru.cli.run.Services;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "import",
        description = "Make a model version of a model that was made elsewhere, and wait until it is there.",
        mixinStandardHelpOptions = true)
final class ImportCommand implements Callable<Integer> {
    private static final String INBOX = "inbox/";
    private static final long POLL_MILLIS = 200;

    @Mixin
    CommonOptions options;

    @Parameters(
            paramLabel = "PATH",
            description =
                    "A folder with Hugging Face's config.json and .safetensors, a .gguf file, or inbox/NAME: objects that the"
                            + " operator put into the store.")
    String path;

    @Option(
            names = "--as",
            paramLabel = "models/NAME",
            defaultValue = "",
            description = "Of which model it becomes the next version (default: as the folder or file is called).")
    String as;

    @Override
    public Integer call() {
        Output output = options.output();
        boolean inbox = path.startsWith(INBOX);
        Map<String, Path> files = inbox ? Map.of() : ModelFiles.of(Path.of(path));
        CreateImportRequest.Builder request = CreateImportRequest.newBuilder()
                .setRequestId(UUID.randomUUID().toString())
                .setModelId(as.isEmpty() ? suggestedId() : ModelName.id(as));
        try (Services services = options.connect()) {
            if (inbox) {
                request.setSpec(ImportSpec.newBuilder().setSource(path));
            } else {
                List<ModelFile> uploaded = ModelUpload.send(services, files, output);
                request.addAllFiles(uploaded);
            }
            Import model = await(services, services.checkpoint().createImport(request.build()), output);
            if (model.getState() != Import.State.SUCCEEDED) {
                throw CommandFailure.failed(
                        model.getState() == Import.State.FAILED
                                ? model.getFailureReason()
                                : model.getState().name(),
                        model.getState() == Import.State.FAILED
                                ? model.getFailureMessage()
                                : model.getName() + " was cancelled");
            }
            output.say(
                    "%s: %s, %,d parameters in %s",
                    model.getModelVersion(), model.getArchitecture(), model.getParameters(), model.getDtype());
            if (model.getTokenizer().isEmpty()) {
                output.paragraph(
                        "",
                        "it came without a tokenizer, so it cannot be asked (expected beside it: tokenizer.json,"
                                + " tokenizer.model, or vocab.json with merges.txt)");
            } else {
                output.say("its tokenizer is %s", model.getTokenizer());
                output.say(
                        "ask it:  %s", options.next("generate " + Names.brief(model.getModelVersion()) + " \"Once\""));
            }
            output.result(report(model));
        }
        return 0;
    }

    private String suggestedId() {
        String id = ModelFiles.suggestedId(Path.of(path));
        if (id.isEmpty()) {
            throw CommandFailure.badInput("model: %s gives no name (expected: --as models/NAME)".formatted(path));
        }
        return id;
    }

    private static Import await(Services services, Import created, Output output) {
        Import model = created;
        String told = "";
        while (!isFinal(model)) {
            String now = model.getBytes() == 0
                    ? "checking"
                    : String.format(Locale.ROOT, "%,d of %,d bytes", model.getWrittenBytes(), model.getBytes());
            if (output.isTerminal() && !now.equals(told)) {
                output.stream("\r" + now);
                told = now;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw CommandFailure.failed("INTERRUPTED", "interrupted; " + model.getName() + " goes on");
            }
            model = services.checkpoint()
                    .getImport(GetImportRequest.newBuilder()
                            .setName(model.getName())
                            .build());
        }
        if (!told.isEmpty()) {
            output.stream("\r" + " ".repeat(told.length()) + "\r");
        }
        return model;
    }

    private static boolean isFinal(Import model) {
        return switch (model.getState()) {
            case SUCCEEDED, FAILED, CANCELLED -> true;
            default -> false;
        };
    }

    private static Map<String, Object> report(Import model) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("import", model.getName());
        report.put("model_version", model.getModelVersion());
        report.put("tokenizer", model.getTokenizer());
        report.put("architecture", model.getArchitecture());
        report.put("parameters", model.getParameters());
        report.put("dtype", model.getDtype());
        return report;
    }
}
