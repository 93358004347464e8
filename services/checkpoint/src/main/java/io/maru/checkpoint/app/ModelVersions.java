package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.ALIAS_NOT_FOUND;
import static io.maru.checkpoint.domain.CheckpointReason.CHECKPOINT_CORRUPT;
import static io.maru.checkpoint.domain.CheckpointReason.CHECKPOINT_NOT_FOUND;
import static io.maru.checkpoint.domain.CheckpointReason.MODEL_VERSION_NOT_FOUND;

import io.maru.checkpoint.app.ModelCatalog.Reservation;
import io.maru.checkpoint.domain.AliasName;
import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointFile;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.Description;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.checkpoint.domain.Origin;
import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.platform.error.CommonReason;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** Publishes checkpoints as numbered versions of a model, and finds versions. */
public final class ModelVersions {
    private final ModelCatalog catalog;
    private final Checkpoints checkpoints;
    private final CheckpointBytes bytes;
    private final Clock clock;

    public ModelVersions(ModelCatalog catalog, Checkpoints checkpoints, CheckpointBytes bytes, Clock clock) {
        this.catalog = catalog;
        this.checkpoints = checkpoints;
        this.bytes = bytes;
        this.clock = clock;
    }

    /**
     * Copies a checkpoint's Hugging Face files to the next version of a model, reads the copies back, seals and publishes
     * them. The number is taken first, so a request that was cut off goes on with the same one; a number whose request
     * never comes back is not given again.
     *
     * @param model its full name
     * @param caller who asks
     * @throws io.maru.platform.error.Refusal CHECKPOINT_NOT_FOUND, CHECKPOINT_CORRUPT, REQUEST_ID_REUSED
     */
    public ModelVersion promote(String requestKey, CheckpointName name, String model, String caller) {
        Optional<ModelVersion> earlier = catalog.findByRequest(requestKey)
                .map(reservation -> requireSame(reservation, name, model))
                .flatMap(Reservation::published);
        if (earlier.isPresent()) {
            return earlier.get();
        }
        Checkpoint checkpoint = checkpoints.get(name);
        requireIntact(checkpoint);
        Reservation reservation = catalog.reserve(requestKey, model, Origin.of(checkpoint, caller), clock.instant());
        requireSame(reservation, name, model);
        Manifest manifest = checkpoint.modelManifest();
        for (Manifest.Entry entry : manifest.entries()) {
            copy(checkpoint, entry, reservation.name());
        }
        bytes.write(reservation.name().key(CheckpointFile.MANIFEST), manifest.toJson());
        return catalog.publish(reservation.name(), manifest);
    }

    public ModelVersion get(ModelVersionName name) {
        return catalog.find(name).orElseThrow(() -> notFound(name.toString()));
    }

    public ModelVersion get(AliasName name) {
        return catalog.find(name)
                .orElseThrow(() -> ALIAS_NOT_FOUND.because("%s: no such alias (expected: one that was set)", name));
    }

    /** @param model its full name */
    public ModelVersion newest(String model) {
        return catalog.newest(model).orElseThrow(() -> notFound(model));
    }

    /** Lists the versions of all models of a workspace, newest first. */
    public List<ModelVersion> list(String workspace, long before, int limit) {
        return catalog.list(workspace, before, limit);
    }

    /** Lists the versions of one model, newest first. */
    public List<ModelVersion> listOf(String model, long before, int limit) {
        return catalog.listOf(model, before, limit);
    }

    public ModelVersion describe(ModelVersionName name, Description description, String caller) {
        return catalog.describe(name, description, caller).orElseThrow(() -> notFound(name.toString()));
    }

    private void copy(Checkpoint checkpoint, Manifest.Entry entry, ModelVersionName to) {
        String from = checkpoint.name().key(entry.key());
        Optional<SealedFile> copied =
                bytes.copy(from, to.key(entry.key())) ? bytes.measure(to.key(entry.key())) : Optional.empty();
        if (copied.filter(entry.file()::equals).isEmpty()) {
            // Either the checkpoint has rotted, which its state then tells, or the copy went wrong: both end here.
            requireIntact(checkpoints.verify(checkpoint.name()));
            throw CHECKPOINT_CORRUPT.because(
                    "%s: the copy has sha256 %s (expected: %s)",
                    to.key(entry.key()), copied.map(SealedFile::sha256).orElse("none"), entry.sha256());
        }
    }

    private static void requireIntact(Checkpoint checkpoint) {
        if (checkpoint.isDeleted()) {
            throw CHECKPOINT_NOT_FOUND.because(
                    "%s: %s (expected: %s)", checkpoint.name(), checkpoint.state(), Checkpoint.State.ACTIVE);
        }
        if (checkpoint.isCorrupt()) {
            throw CHECKPOINT_CORRUPT.because(
                    "%s: %s (expected: %s)", checkpoint.name(), checkpoint.state(), Checkpoint.State.ACTIVE);
        }
    }

    private static Reservation requireSame(Reservation reservation, CheckpointName checkpoint, String model) {
        if (!reservation.origin().checkpoint().equals(Optional.of(checkpoint))
                || !reservation.name().model().equals(model)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: it promoted %s to %s (expected: an id that no other promotion has)",
                    reservation.origin().parents(), reservation.name().model());
        }
        return reservation;
    }

    private static RuntimeException notFound(String name) {
        return MODEL_VERSION_NOT_FOUND.because("%s: no such model version (expected: one published)", name);
    }
}
