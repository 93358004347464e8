package io.maru.checkpoint.grpc;

import io.maru.checkpoint.domain.AliasName;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.Description;
import io.maru.checkpoint.domain.ExportForm;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.checkpoint.v1.Alias;
import io.maru.checkpoint.v1.ExportModelVersionRequest;
import io.maru.checkpoint.v1.Model;
import io.maru.checkpoint.v1.ModelChange;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.SetAliasRequest;
import io.maru.checkpoint.v1.UpdateModelVersionRequest;
import io.maru.platform.error.CommonReason;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;
import java.util.Optional;
import java.util.function.Function;

/** Translates between the words of the wire and those of the domain, of models and their versions. */
final class ModelMapping {
    private static final String MODEL = "models/{model}";
    private static final String MODEL_VERSION = "models/{model}/versions/{version}";
    private static final String ALIAS = "models/{model}@{alias}";

    private ModelMapping() {}

    static String model(String field, String name) {
        return ResourceName.full(field, name, MODEL);
    }

    static ModelVersionName versionName(String field, String name) {
        return ModelVersionName.parse(field, ResourceName.full(field, name, MODEL_VERSION));
    }

    static AliasName aliasName(String field, String name) {
        return AliasName.parse(ResourceName.full(field, name, ALIAS));
    }

    /** What a version is called by: its own name, an alias, or the model's for its newest. */
    static <T> T version(
            String field,
            String name,
            Function<ModelVersionName, T> exact,
            Function<AliasName, T> alias,
            Function<String, T> newest) {
        String full = ResourceName.full(field, name, MODEL, MODEL_VERSION, ALIAS);
        String relative = ResourceName.relative(full);
        if (ResourceName.fits(relative, MODEL)) {
            return newest.apply(full);
        }
        return ResourceName.fits(relative, ALIAS)
                ? alias.apply(AliasName.parse(full))
                : exact.apply(ModelVersionName.parse(field, full));
    }

    /** The version that the caller of SetAlias expects; an empty text for none, empty for any. */
    static Optional<String> expected(SetAliasRequest request) {
        if (!request.hasExpectedModelVersion()) {
            return Optional.empty();
        }
        String name = request.getExpectedModelVersion();
        return Optional.of(
                name.isEmpty()
                        ? ""
                        : versionName("expected_model_version", name).toString());
    }

    static ExportForm form(ExportModelVersionRequest request) {
        ExportForm.Format format =
                switch (request.getFormat()) {
                    case FORMAT_UNSPECIFIED, HUGGING_FACE -> ExportForm.Format.HUGGING_FACE;
                    case GGUF -> ExportForm.Format.GGUF;
                    case UNRECOGNIZED ->
                        throw CommonReason.INVALID_ARGUMENT.because(
                                "format: %d (expected: HUGGING_FACE or GGUF)", request.getFormatValue());
                };
        ExportForm.Type type =
                switch (request.getDtype()) {
                    case DATA_TYPE_UNSPECIFIED -> ExportForm.Type.AS_STORED;
                    case F32 -> ExportForm.Type.F32;
                    case F16 -> ExportForm.Type.F16;
                    case BF16 -> ExportForm.Type.BF16;
                    case Q8_0 -> ExportForm.Type.Q8_0;
                    case UNRECOGNIZED ->
                        throw CommonReason.INVALID_ARGUMENT.because(
                                "dtype: %d (expected: F32, F16, BF16 or Q8_0)", request.getDtypeValue());
                };
        return new ExportForm(format, type);
    }

    static Description description(UpdateModelVersionRequest request) {
        return new Description(request.getLabelsMap(), request.getNote());
    }

    static ModelVersion toProto(io.maru.checkpoint.domain.ModelVersion version) {
        return ModelVersion.newBuilder()
                .setName(version.name().toString())
                .setModel(version.name().model())
                .setVersion(version.name().version())
                .setCheckpoint(version.origin()
                        .checkpoint()
                        .map(CheckpointName::toString)
                        .orElse(""))
                .addAllParents(version.origin().parents())
                .setDataset(version.origin().dataset())
                .setTokenizer(version.origin().tokenizer())
                .addAllFiles(CheckpointMapping.toProto(version.manifest()))
                .setManifestSha256(version.manifest().digest())
                .setState(
                        switch (version.state()) {
                            case ACTIVE -> ModelVersion.State.ACTIVE;
                            case CORRUPT -> ModelVersion.State.CORRUPT;
                        })
                .putAllLabels(version.description().labels())
                .setNote(version.description().note())
                .addAllAliases(version.aliases())
                .setCreateTime(Timestamps.toProto(version.createTime()))
                .build();
    }

    static Model toProto(io.maru.checkpoint.domain.Model model) {
        return Model.newBuilder()
                .setName(model.name())
                .setNewest(toProto(model.newest()))
                .setVersions(model.versions())
                .addAllAliases(
                        model.aliases().stream().map(ModelMapping::toProto).toList())
                .build();
    }

    static Alias toProto(io.maru.checkpoint.domain.Alias alias) {
        return Alias.newBuilder()
                .setName(alias.name().toString())
                .setModelVersion(alias.version().toString())
                .setUpdateTime(Timestamps.toProto(alias.updateTime()))
                .build();
    }

    static ModelChange toProto(io.maru.checkpoint.domain.ModelChange change) {
        return ModelChange.newBuilder()
                .setModel(change.model())
                .setAction(change.action().word())
                .setSubject(change.subject())
                .setBefore(change.before())
                .setAfter(change.after())
                .setCaller(change.caller())
                .setTime(Timestamps.toProto(change.time()))
                .build();
    }
}
