package io.maru.checkpoint.domain;

import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.platform.error.CommonReason;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What training says it has written. Nothing of it is believed before it is compared with what the store attests.
 *
 * @param files all of {@link CheckpointFile}
 * @param dataset full name of what the weights were trained on
 * @param tokenizer full name of the tokenizer that the dataset is encoded with
 * @param validationLoss in nats per token; 0 where none was measured
 */
public record Registration(
        CheckpointName name,
        Map<CheckpointFile, SealedFile> files,
        String dataset,
        String tokenizer,
        double validationLoss) {
    private static final String KIND = "checkpoint";

    public Registration {
        files = Map.copyOf(files);
        for (CheckpointFile file : CheckpointFile.values()) {
            if (!files.containsKey(file)) {
                throw CommonReason.INVALID_ARGUMENT.because(
                        "files: no %s (expected: %s)", file.fileName(), CheckpointFile.fileNames());
            }
        }
        if (!Double.isFinite(validationLoss) || validationLoss < 0) {
            throw CommonReason.INVALID_ARGUMENT.because("validation_loss: %s (expected: finite, >= 0)", validationLoss);
        }
    }

    /** Makes the manifest that seals these files: the same bytes whichever run wrote them. */
    public Manifest manifest() {
        List<Manifest.Entry> entries = new ArrayList<>();
        new EnumMap<>(files)
                .forEach((file, content) ->
                        entries.add(new Manifest.Entry(file.fileName(), content.size(), content.sha256(), Map.of())));
        return new Manifest(KIND, Map.of("step", Long.toString(name.step())), entries);
    }
}
