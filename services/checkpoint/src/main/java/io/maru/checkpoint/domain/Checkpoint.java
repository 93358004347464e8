package io.maru.checkpoint.domain;

import static java.util.Objects.requireNonNull;

import io.maru.formats.Manifest;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The weights of one training at one step. Immutable once ACTIVE.
 *
 * @param dataset full name of what the weights were trained on
 * @param tokenizer full name of the tokenizer that the dataset is encoded with
 * @param validationLoss in nats per token; 0 where none was measured
 * @param manifest lists the files, and is stored beside them
 * @param sequence order of the first registrations under each name; 0 before it is stored
 */
public record Checkpoint(
        CheckpointName name,
        State state,
        String dataset,
        String tokenizer,
        double validationLoss,
        Manifest manifest,
        Instant createTime,
        long sequence) {
    /** What is known of the files. */
    public enum State {
        ACTIVE,
        /** A file's bytes are not those that were registered. */
        CORRUPT,
        /** Its files are gone, or about to go. */
        DELETED
    }

    public Checkpoint {
        requireNonNull(name, "name");
        requireNonNull(state, "state");
        requireNonNull(manifest, "manifest");
        requireNonNull(createTime, "createTime");
    }

    public static Checkpoint of(Registration registration, Instant createTime) {
        return new Checkpoint(
                registration.name(),
                State.ACTIVE,
                registration.dataset(),
                registration.tokenizer(),
                registration.validationLoss(),
                registration.manifest(),
                createTime,
                0);
    }

    public boolean isActive() {
        return state == State.ACTIVE;
    }

    public boolean isDeleted() {
        return state == State.DELETED;
    }

    public boolean isCorrupt() {
        return state == State.CORRUPT;
    }

    public boolean hasContentOf(Registration registration) {
        return name.equals(registration.name())
                && dataset.equals(registration.dataset())
                && tokenizer.equals(registration.tokenizer())
                && Double.compare(validationLoss, registration.validationLoss()) == 0
                && manifest.equals(registration.manifest());
    }

    /** All files together, in bytes. */
    public long size() {
        return manifest.entries().stream().mapToLong(Manifest.Entry::size).sum();
    }

    /** The manifest of a model version that is made of this checkpoint. */
    public Manifest modelManifest() {
        List<Manifest.Entry> served = manifest.entries().stream()
                .filter(entry -> CheckpointFile.named(entry.key())
                        .map(CheckpointFile::served)
                        .orElse(false))
                .toList();
        return new Manifest(ModelVersion.KIND, Map.of("checkpointSha256", manifest.digest()), served);
    }
}
