package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.Pace;
import io.maru.formats.SealedFile;
import java.time.Duration;
import java.util.Optional;

/**
 * Reads checkpoints and model versions anew, those first that nobody has read for longest, and slowly: rot is found before
 * somebody needs what has rotted.
 */
public final class Scrubber {
    private final CheckpointCatalog checkpoints;
    private final ModelCatalog versions;
    private final CheckpointBytes bytes;
    private final Duration age;
    private final Pace pace;

    /** @param age after which something is read anew */
    public Scrubber(
            CheckpointCatalog checkpoints, ModelCatalog versions, CheckpointBytes bytes, Duration age, Pace pace) {
        this.checkpoints = checkpoints;
        this.versions = versions;
        this.bytes = bytes;
        this.age = age;
        this.pace = pace;
    }

    /** Reads all that is due; what was begun when the process ended is read the next time. */
    public void scrub() {
        boolean found;
        do {
            // In turns, so that many of one kind do not keep the other waiting.
            found = scrubCheckpoint();
            found |= scrubVersion();
        } while (found);
    }

    private boolean scrubCheckpoint() {
        Optional<Checkpoint> next = checkpoints.nextToVerify(age);
        next.ifPresent(checkpoint -> ManifestCheck.difference(
                        checkpoint.name().toString(), checkpoint.manifest(), this::measure)
                .ifPresent(message -> checkpoints.markCorrupt(checkpoint.name(), message)));
        return next.isPresent();
    }

    private boolean scrubVersion() {
        Optional<ModelVersion> next = versions.nextToVerify(age);
        next.ifPresent(version -> ManifestCheck.difference(version.name().toString(), version.manifest(), this::measure)
                .ifPresent(message -> versions.markCorrupt(version.name(), message)));
        return next.isPresent();
    }

    private Optional<SealedFile> measure(String key) {
        return bytes.measure(key, pace);
    }
}
