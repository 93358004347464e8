package io.maru.checkpoint.grpc;

import io.maru.checkpoint.domain.ImportRequest;
import io.maru.checkpoint.domain.ImportSource;
import io.maru.checkpoint.domain.ImportState;
import io.maru.checkpoint.domain.ModelImport;
import io.maru.checkpoint.v1.CreateImportRequest;
import io.maru.checkpoint.v1.Import;
import io.maru.checkpoint.v1.ImportSpec;
import io.maru.checkpoint.v1.ModelFile;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;
import io.maru.platform.spec.Spec;
import java.util.List;

/** Translates between the words of the wire and those of the domain, of imports and their files. */
final class ImportMapping {
    private static final int MAX_FILES = 1_000;

    private ImportMapping() {}

    static String name(String name) {
        return ResourceName.full("name", name, "imports/{import}");
    }

    static ImportRequest request(CreateImportRequest request) {
        Violations violations = new Violations();
        Spec.check(request, "", violations);
        violations.throwIfAny(CommonReason.INVALID_SPEC);
        return new ImportRequest(
                Caller.requestKey("CreateImport", request.getRequestId()),
                request.getImportId().isEmpty() ? "" : ResourceName.idOrNew("import_id", request.getImportId()),
                ModelMapping.model("model_id", "models/" + request.getModelId()),
                source(request.getSpec()),
                files(request.getFilesList()),
                request.getRun().isEmpty() ? "" : CheckpointMapping.run(request.getRun()),
                request.getPriority(),
                Caller.current().subject());
    }

    /** The full name of a spec's source; empty where it has none. */
    static String source(ImportSpec spec) {
        Violations violations = new Violations();
        Spec.check(spec, "", violations);
        violations.throwIfAny(CommonReason.INVALID_SPEC);
        return spec.hasSource() ? ImportSource.full(Caller.current().workspace(), spec.getSource()) : "";
    }

    static List<io.maru.checkpoint.domain.ModelFile> files(List<ModelFile> files) {
        if (files.size() > MAX_FILES) {
            throw CommonReason.INVALID_ARGUMENT.because("files: %d (expected: at most %d)", files.size(), MAX_FILES);
        }
        return files.stream().map(ImportMapping::toDomain).toList();
    }

    static io.maru.checkpoint.domain.ModelFile toDomain(ModelFile file) {
        return new io.maru.checkpoint.domain.ModelFile(file.getFileName(), file.getSize(), file.getSha256());
    }

    static ModelFile toProto(io.maru.checkpoint.domain.ModelFile file) {
        return ModelFile.newBuilder()
                .setFileName(file.fileName())
                .setSize(file.size())
                .setSha256(file.sha256())
                .build();
    }

    static Import toProto(ModelImport found) {
        ImportSpec.Builder spec = ImportSpec.newBuilder();
        if (!found.source().isEmpty()) {
            spec.setSource(ResourceName.relative(found.source()));
        }
        return Import.newBuilder()
                .setName(found.name())
                .setState(toProto(found.state()))
                .setModel(found.model())
                .setSpec(spec)
                .addAllFiles(found.files().stream().map(ImportMapping::toProto).toList())
                .setWrittenBytes(found.found().writtenBytes())
                .setBytes(found.found().bytes())
                .setModelVersion(found.modelVersion())
                .setTokenizer(found.found().tokenizer())
                .setArchitecture(found.found().architecture())
                .setParameters(found.found().parameters())
                .setDtype(found.found().dtype())
                .setFailureReason(found.failureReason())
                .setFailureMessage(found.failureMessage())
                .setCreateTime(Timestamps.toProto(found.createTime()))
                .setUpdateTime(Timestamps.toProto(found.updateTime()))
                .setRun(found.run())
                .build();
    }

    private static Import.State toProto(ImportState state) {
        return switch (state) {
            case PENDING -> Import.State.PENDING;
            case RUNNING -> Import.State.RUNNING;
            case CANCELLING -> Import.State.CANCELLING;
            case SUCCEEDED -> Import.State.SUCCEEDED;
            case FAILED -> Import.State.FAILED;
            case CANCELLED -> Import.State.CANCELLED;
        };
    }
}
