package io.maru.checkpoint.domain;

import static java.util.Objects.requireNonNull;

import io.maru.formats.Manifest;
import java.time.Instant;

/**
 * A checkpoint that can be served: a Hugging Face directory. Immutable.
 *
 * @param dataset full name of what the weights were trained on
 * @param tokenizer full name of the tokenizer that the dataset is encoded with
 * @param manifest lists the files, and is stored beside them
 * @param sequence grows with each version of any model
 */
public record ModelVersion(
        ModelVersionName name,
        CheckpointName checkpoint,
        String dataset,
        String tokenizer,
        Manifest manifest,
        Instant createTime,
        long sequence) {
    public ModelVersion {
        requireNonNull(name, "name");
        requireNonNull(checkpoint, "checkpoint");
        requireNonNull(manifest, "manifest");
        requireNonNull(createTime, "createTime");
    }
}
