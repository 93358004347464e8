package io.maru.checkpoint.grpc;

import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointFile;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.Registration;
import io.maru.checkpoint.v1.PublicationSpec;
import io.maru.checkpoint.v1.RegisterCheckpointRequest;
import io.maru.checkpoint.v1.StoredFile;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;
import io.maru.platform.spec.Spec;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Translates between the words of the wire and those of the domain. */
final class CheckpointMapping {
    private static final String USUAL_TRAINING = "train";

    private CheckpointMapping() {}

    static Registration registration(RegisterCheckpointRequest request) {
        String training = request.getTraining().isEmpty() ? USUAL_TRAINING : request.getTraining();
        return new Registration(
                new CheckpointName(run(request.getRun()), training, request.getStep()),
                files(request.getFilesList()),
                ResourceName.full("dataset", request.getDataset(), "datasets/{dataset}"),
                request.getTokenizer().isEmpty()
                        ? ""
                        : ResourceName.full("tokenizer", request.getTokenizer(), "tokenizers/{tokenizer}"),
                request.getValidationLoss());
    }

    static String run(String name) {
        return ResourceName.full("run", name, "runs/{run}");
    }

    static void checkSpec(PublicationSpec spec) {
        Violations violations = new Violations();
        Spec.check(spec, "", violations);
        violations.throwIfAny(CommonReason.INVALID_SPEC);
    }

    static CheckpointName checkpointName(String field, String name) {
        return CheckpointName.parse(field, ResourceName.full(field, name, "runs/{run}/checkpoints/{checkpoint}"));
    }

    static io.maru.checkpoint.v1.Checkpoint toProto(Checkpoint checkpoint) {
        return io.maru.checkpoint.v1.Checkpoint.newBuilder()
                .setName(checkpoint.name().toString())
                .setStep(checkpoint.name().step())
                .setRun(checkpoint.name().run())
                .setTraining(checkpoint.name().training())
                .setState(
                        switch (checkpoint.state()) {
                            case ACTIVE -> io.maru.checkpoint.v1.Checkpoint.State.ACTIVE;
                            case CORRUPT -> io.maru.checkpoint.v1.Checkpoint.State.CORRUPT;
                            case DELETED -> io.maru.checkpoint.v1.Checkpoint.State.DELETED;
                        })
                .setCreateTime(Timestamps.toProto(checkpoint.createTime()))
                .addAllFiles(toProto(checkpoint.manifest()))
                .setDataset(checkpoint.dataset())
                .setTokenizer(checkpoint.tokenizer())
                .setValidationLoss(checkpoint.validationLoss())
                .setManifestSha256(checkpoint.manifest().digest())
                .build();
    }

    private static Map<CheckpointFile, SealedFile> files(List<StoredFile> files) {
        Map<CheckpointFile, SealedFile> result = new EnumMap<>(CheckpointFile.class);
        for (StoredFile file : files) {
            CheckpointFile known = CheckpointFile.named(file.getFileName())
                    .orElseThrow(() -> CommonReason.INVALID_ARGUMENT.because(
                            "files: unknown file name (expected: %s)", CheckpointFile.fileNames()));
            try {
                if (result.put(known, new SealedFile(file.getSize(), file.getSha256())) != null) {
                    throw CommonReason.INVALID_ARGUMENT.because(
                            "files: %s twice (expected: each file once)", known.fileName());
                }
            } catch (IllegalArgumentException e) {
                throw CommonReason.INVALID_ARGUMENT.because("files: %s: %s", known.fileName(), e.getMessage());
            }
        }
        return result;
    }

    static List<StoredFile> toProto(Manifest manifest) {
        return manifest.entries().stream()
                .map(entry -> StoredFile.newBuilder()
                        .setFileName(entry.key())
                        .setSize(entry.size())
                        .setSha256(entry.sha256())
                        .build())
                .toList();
    }
}
