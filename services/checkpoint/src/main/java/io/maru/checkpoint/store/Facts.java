package io.maru.checkpoint.store;

import io.maru.checkpoint.domain.AliasName;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.ModelImport;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.v1.ImportFailed;
import io.maru.checkpoint.v1.ImportSucceeded;
import io.maru.checkpoint.v1.ModelAliasMoved;
import io.maru.checkpoint.v1.ModelVersionCorrupted;
import io.maru.checkpoint.v1.ModelVersionPublished;
import io.maru.checkpoint.v1.ModelVersionUpdated;
import io.maru.platform.event.Fact;

/** What checkpoint tells of models and imports. Each is appended to the outbox in the transaction that makes it true. */
final class Facts {
    private Facts() {}

    static Fact published(ModelVersion version) {
        return Fact.of(
                "maru.model-version.published.v1",
                version.name().toString(),
                version.origin().run(),
                ModelVersionPublished.newBuilder()
                        .setModelVersion(version.name().toString())
                        .setCheckpoint(version.origin()
                                .checkpoint()
                                .map(CheckpointName::toString)
                                .orElse(""))
                        .setImport(version.origin().foreign().orElse(""))
                        .setManifestSha256(version.manifest().digest())
                        .build());
    }

    static Fact corrupted(ModelVersion version, String message) {
        return Fact.of(
                "maru.model-version.corrupted.v1",
                version.name().toString(),
                version.origin().run(),
                ModelVersionCorrupted.newBuilder()
                        .setModelVersion(version.name().toString())
                        .setMessage(message)
                        .build());
    }

    static Fact updated(ModelVersion version) {
        return Fact.of(
                "maru.model-version.updated.v1",
                version.name().toString(),
                "",
                ModelVersionUpdated.newBuilder()
                        .setModelVersion(version.name().toString())
                        .putAllLabels(version.description().labels())
                        .setNote(version.description().note())
                        .build());
    }

    static Fact moved(AliasName alias, String from, String to) {
        return Fact.of(
                "maru.model-alias.moved.v1",
                alias.toString(),
                "",
                ModelAliasMoved.newBuilder()
                        .setAlias(alias.toString())
                        .setFrom(from)
                        .setTo(to)
                        .build());
    }

    static Fact succeeded(ModelImport done) {
        return Fact.of(
                "maru.import.succeeded.v1",
                done.name(),
                done.run(),
                ImportSucceeded.newBuilder()
                        .setImport(done.name())
                        .setModelVersion(done.modelVersion())
                        .setTokenizer(done.found().tokenizer())
                        .build());
    }

    static Fact failed(ModelImport failed) {
        return Fact.of(
                "maru.import.failed.v1",
                failed.name(),
                failed.run(),
                ImportFailed.newBuilder()
                        .setImport(failed.name())
                        .setReason(failed.failureReason())
                        .setMessage(failed.failureMessage())
                        .build());
    }
}
