package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.CHECKPOINT_EXISTS;
import static io.maru.checkpoint.domain.CheckpointReason.CHECKPOINT_NOT_FOUND;
import static io.maru.checkpoint.domain.CheckpointReason.FILE_CORRUPT;
import static io.maru.checkpoint.domain.CheckpointReason.FILE_MISSING;

import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointFile;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.Registration;
import io.maru.formats.CorruptFileException;
import io.maru.formats.SealedFile;
import io.maru.platform.error.CommonReason;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/*
 * A checkpoint comes to be in three steps, and a crash between any two leaves nothing that looks like one:
 *
 *     training        puts the files          workspaces/w/runs/a/checkpoints/train-500/model.safetensors ...
 *     register        asks the store for size and digest of each, then writes manifest.json
 *     catalog         one row and one fact, in one transaction
 *
 * It goes the other way round: one transaction makes the row DELETED, tells of it, and queues the removal of the files. That
 * is work with a lease, so a crash leaves none of them for ever.
 *
 * The manifest tells nothing but the files, so registrations that race over the same bytes write the same manifest.
 */
/** Seals, finds, verifies and deletes checkpoints. */
public final class Checkpoints {
    private final CheckpointCatalog catalog;
    private final CheckpointBytes bytes;
    private final Clock clock;

    public Checkpoints(CheckpointCatalog catalog, CheckpointBytes bytes, Clock clock) {
        this.catalog = catalog;
        this.bytes = bytes;
        this.clock = clock;
    }

    /**
     * Compares every file with what the store has, and seals them. The same content again answers the first checkpoint. A
     * CORRUPT or DELETED checkpoint may be registered anew: a run that resumed before it writes it once more.
     *
     * @throws io.maru.platform.error.Refusal FILE_MISSING, FILE_CORRUPT, CHECKPOINT_EXISTS, REQUEST_ID_REUSED
     */
    public Checkpoint register(String requestKey, Registration registration) {
        Optional<Checkpoint> earlier = registered(requestKey, registration);
        if (earlier.isPresent()) {
            return earlier.get();
        }
        catalog.keepFiles(registration.name());
        for (CheckpointFile file : CheckpointFile.values()) {
            check(
                    registration.name().key(file.fileName()),
                    file,
                    registration.files().get(file));
        }
        bytes.write(
                registration.name().key(CheckpointFile.MANIFEST),
                registration.manifest().toJson());
        catalog.register(requestKey, Checkpoint.of(registration, clock.instant()));
        // Somebody else may have been first, so the catalog decides, not what was just written.
        return registered(requestKey, registration)
                .orElseThrow(
                        () -> CHECKPOINT_EXISTS.because("%s: changed while it was registered", registration.name()));
    }

    public Checkpoint get(CheckpointName name) {
        return catalog.find(name)
                .orElseThrow(
                        () -> CHECKPOINT_NOT_FOUND.because("%s: no such checkpoint (expected: one registered)", name));
    }

    /**
     * Lists those of one run that are not DELETED: by training, and of each training the highest step first.
     *
     * @param training lists those of this training only; empty means all
     * @param after the sequence of the checkpoint after which the list begins; {@link Long#MAX_VALUE} means its start
     */
    public List<Checkpoint> list(String run, String training, long after, int limit) {
        return catalog.list(run, training, after, limit);
    }

    /** Reads every file again. A checkpoint that was CORRUPT or DELETED stays so. */
    public Checkpoint verify(CheckpointName name) {
        Checkpoint checkpoint = get(name);
        if (!checkpoint.isActive()) {
            return checkpoint;
        }
        Optional<String> difference =
                ManifestCheck.difference(checkpoint.name().toString(), checkpoint.manifest(), bytes::measure);
        difference.ifPresent(message -> catalog.markCorrupt(name, message));
        return difference.isPresent() ? get(name) : checkpoint;
    }

    /** Deletes a checkpoint; its files go soon after. The second time it does nothing. */
    public Checkpoint delete(CheckpointName name) {
        get(name);
        catalog.markDeleted(name);
        return get(name);
    }

    /** Removes what a deleted checkpoint has left in the object store. */
    public void removeFiles(CheckpointName name) {
        // First what says that the others are there.
        bytes.delete(name.key(CheckpointFile.MANIFEST));
        CheckpointFile.fileNames().forEach(file -> bytes.delete(name.key(file)));
    }

    private Optional<Checkpoint> registered(String requestKey, Registration registration) {
        Optional<Checkpoint> ofRequest = catalog.findByRequest(requestKey);
        if (ofRequest.isPresent() && !ofRequest.get().hasContentOf(registration)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: it registered %s (expected: an id that no other content has)",
                    ofRequest.get().name());
        }
        Optional<Checkpoint> active = catalog.find(registration.name()).filter(Checkpoint::isActive);
        if (active.isPresent() && !active.get().hasContentOf(registration)) {
            throw CHECKPOINT_EXISTS.because(
                    "%s: registered with manifest %s (expected: the same content)",
                    registration.name(), active.get().manifest().digest());
        }
        return active;
    }

    private void check(String key, CheckpointFile file, SealedFile expected) {
        Optional<SealedFile> stored;
        try {
            stored = file.holdsTensors() ? bytes.findTensors(key) : bytes.find(key);
        } catch (CorruptFileException e) {
            throw FILE_CORRUPT.because("%s: %s: %s (expected: %s)", key, e.place(), e.found(), e.expected());
        }
        SealedFile found = stored.orElseThrow(
                () -> FILE_MISSING.because("%s: no such object (expected: written before it is registered)", key));
        if (!found.equals(expected)) {
            throw FILE_CORRUPT.because("%s", ManifestCheck.difference(key, found, expected));
        }
    }
}
