package io.maru.checkpoint.domain;

import java.time.Instant;
import java.util.List;

/**
 * A foreign model that becomes a model version.
 *
 * @param name its full name
 * @param model full name of the model that gets a version
 * @param source full name below the inbox; empty where files were uploaded
 * @param files that were uploaded
 * @param run full name; empty for none
 * @param caller who asked for it
 * @param found what is known of the model so far
 * @param modelVersion full name of what it became; empty before it has
 * @param failureReason empty unless FAILED
 */
public record ModelImport(
        String name,
        ImportState state,
        String model,
        String source,
        List<ModelFile> files,
        String run,
        String caller,
        FoundModel found,
        String modelVersion,
        String failureReason,
        String failureMessage,
        Instant createTime,
        Instant updateTime) {
    public ModelImport {
        files = List.copyOf(files);
    }
}
