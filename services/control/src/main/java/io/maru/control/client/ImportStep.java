package io.maru.control.client;

import io.maru.checkpoint.v1.CancelImportRequest;
import io.maru.checkpoint.v1.CheckImportSpecRequest;
import io.maru.checkpoint.v1.CheckImportSpecResponse;
import io.maru.checkpoint.v1.CheckpointServiceGrpc.CheckpointServiceBlockingStub;
import io.maru.checkpoint.v1.CreateImportRequest;
import io.maru.checkpoint.v1.GetImportRequest;
import io.maru.checkpoint.v1.Import;
import io.maru.checkpoint.v1.ImportSpec;
import io.maru.control.domain.Attempt;
import io.maru.control.domain.Input;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.Role;
import io.maru.control.domain.StepKind;
import io.maru.platform.name.ResourceName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A model that was made elsewhere becomes the next version of a model. */
public final class ImportStep extends ResourceStep<Import, ImportSpec, CheckpointServiceBlockingStub> {
    private static final String IMPORT = "import";

    public ImportStep(CheckpointServiceBlockingStub stub, Duration deadline) {
        super(
                new StepKind(IMPORT, List.of(Input.target(Role.MODEL)), List.of(Role.MODEL, Role.TOKENIZER)),
                IMPORT,
                "imports",
                ImportSpec.getDefaultInstance(),
                "maru.checkpoint",
                stub,
                deadline);
    }

    @Override
    Map<String, Double> check(CheckpointServiceBlockingStub service, ImportSpec spec, Draft draft) {
        CheckImportSpecResponse checked = service.checkImportSpec(
                CheckImportSpecRequest.newBuilder().setSpec(spec).build());
        Map<String, Double> known = new HashMap<>();
        if (checked.getParameters() > 0) {
            known.put("parameters", (double) checked.getParameters());
        }
        if (checked.getVocabularySize() > 0) {
            known.put("vocabulary_size", (double) checked.getVocabularySize());
        }
        return known;
    }

    @Override
    Import create(CheckpointServiceBlockingStub service, Attempt attempt, ImportSpec spec) {
        return service.createImport(CreateImportRequest.newBuilder()
                .setRequestId(attempt.requestId())
                .setImportId(attempt.id())
                .setModelId(ResourceName.last(attempt.need(Role.MODEL)))
                .setSpec(spec)
                .setRun(attempt.run())
                .setPriority(attempt.priority())
                .build());
    }

    @Override
    Import get(CheckpointServiceBlockingStub service, String name) {
        return service.getImport(GetImportRequest.newBuilder().setName(name).build());
    }

    @Override
    Import cancel(CheckpointServiceBlockingStub service, String name) {
        return service.cancelImport(
                CancelImportRequest.newBuilder().setName(name).build());
    }

    @Override
    Report report(Import model) {
        String name = model.getName();
        Progress progress = Progress.of(model.getWrittenBytes(), model.getBytes(), "bytes");
        return switch (model.getState()) {
            case PENDING, RUNNING, CANCELLING -> new Report.Working(progress, made(name));
            case SUCCEEDED ->
                new Report.Finished(
                        progress,
                        Map.of(IMPORT, name, Role.MODEL, model.getModelVersion(), Role.TOKENIZER, model.getTokenizer()),
                        Map.of("parameters", (double) model.getParameters()),
                        String.format(
                                Locale.ROOT,
                                "%s: %s, %d parameters in %s",
                                model.getModelVersion(),
                                model.getArchitecture(),
                                model.getParameters(),
                                model.getDtype()));
            case FAILED -> failed(model.getFailureReason(), model.getFailureMessage());
            case CANCELLED -> cancelled(name);
            case STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(name, model.getState());
        };
    }
}
