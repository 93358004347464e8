package io.maru.training.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.SealedFile;
import io.maru.model.training.Learner;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.training.app.CheckpointRegistry.Kept;
import io.maru.training.domain.TrainingReason;
import io.maru.training.domain.TrainingState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Finds the checkpoint that a run goes on from: the newest one whose bytes are what they were. */
final class CheckpointReader {
    private static final System.Logger log = System.getLogger(CheckpointReader.class.getName());
    private static final List<String> FILES = List.of(Learner.MODEL_FILE, Learner.OPTIMIZER_FILE, TrainingState.FILE);

    private final TrainingBytes bytes;
    private final CheckpointRegistry registry;

    CheckpointReader(TrainingBytes bytes, CheckpointRegistry registry) {
        this.bytes = bytes;
        this.registry = registry;
    }

    /** A checkpoint whose files lie in a folder. */
    record Fetched(String name, TrainingState state) {}

    /** @param folder into which its files are fetched */
    Optional<Fetched> newest(String run, String training, Path folder) throws IOException {
        while (true) {
            Optional<Kept> newest = registry.newest(run, training);
            if (newest.isEmpty()) {
                return Optional.empty();
            }
            Kept checkpoint = newest.get();
            try {
                return Optional.of(fetch(checkpoint, folder));
            } catch (Refusal e) {
                boolean rotten = e.reason() == CommonReason.OBJECT_CORRUPT || e.reason() == CommonReason.OBJECT_MISSING;
                // The registry decides; once it knows, the next newest is another one.
                if (!rotten || registry.isIntact(checkpoint.name())) {
                    throw e;
                }
                log.log(System.Logger.Level.WARNING, "{0} is corrupt; the one before it is tried", checkpoint.name());
            }
        }
    }

    private Fetched fetch(Kept checkpoint, Path folder) throws IOException {
        for (String name : FILES) {
            SealedFile expected = checkpoint.files().get(name);
            if (expected == null) {
                throw TrainingReason.CHECKPOINT_MISMATCH.because(
                        "%s: no %s (expected: a checkpoint that training can go on from)", checkpoint.name(), name);
            }
            bytes.fetch(checkpoint.name() + "/" + name, folder.resolve(name), expected);
        }
        try {
            byte[] state = Files.readAllBytes(folder.resolve(TrainingState.FILE));
            return new Fetched(checkpoint.name(), TrainingState.fromJson(state));
        } catch (CorruptFileException e) {
            throw new Refusal(TrainingReason.CHECKPOINT_MISMATCH, checkpoint.name() + ": " + e.getMessage(), e);
        }
    }
}
