package io.maru.checkpoint.domain;

import io.maru.platform.error.CommonReason;
import io.maru.platform.name.ResourceName;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What somebody asks to import.
 *
 * @param requestKey of the caller and the method
 * @param importId the last part of the name; empty leaves it to the service
 * @param model full name of the model that gets a version
 * @param source full name below the inbox; empty where files were uploaded
 * @param files that were uploaded; none where there is a source
 * @param run full name; empty for none
 * @param caller who asks
 */
public record ImportRequest(
        String requestKey,
        String importId,
        String model,
        String source,
        List<ModelFile> files,
        String run,
        int priority,
        String caller) {
    private static final int MAX_FILES = 1_000;

    public ImportRequest {
        files = List.copyOf(files);
        if (source.isEmpty() == files.isEmpty()) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "files: %d%s (expected: uploaded files, or else a source in the spec)",
                    files.size(), source.isEmpty() ? "" : ", and the source " + source);
        }
        if (files.size() > MAX_FILES) {
            throw CommonReason.INVALID_ARGUMENT.because("files: %d (expected: at most %d)", files.size(), MAX_FILES);
        }
        Set<String> names = new HashSet<>();
        files.forEach(file -> {
            if (!names.add(file.fileName())) {
                throw CommonReason.INVALID_ARGUMENT.because(
                        "files: %s twice (expected: each file once)", file.fileName());
            }
        });
    }

    public String workspace() {
        return ResourceName.workspace(model);
    }

    /** Whether an import is what this request asks for. */
    public boolean describes(ModelImport found) {
        return found.model().equals(model)
                && found.source().equals(source)
                && found.files().equals(files)
                && found.run().equals(run)
                && (importId.isEmpty() || ResourceName.last(found.name()).equals(importId));
    }
}
