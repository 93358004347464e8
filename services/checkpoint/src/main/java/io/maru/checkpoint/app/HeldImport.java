package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.FoundModel;
import io.maru.checkpoint.domain.ModelImport;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.formats.Manifest;
import java.util.Optional;

/**
 * An import that this worker holds the lease on. Each method that changes something is one transaction that proves the lease
 * first, so a worker that lost it can write nothing.
 */
public interface HeldImport {
    /** The import to do, now RUNNING; nothing, and the lease given back, where there is nothing to do any more. */
    Optional<ModelImport> start();

    /** @throws io.maru.platform.error.Refusal IMPORT_CANCELLED where somebody has asked for that */
    void progress(FoundModel found);

    /**
     * Publishes the version, writes that the import SUCCEEDED, and gives the lease back.
     *
     * @throws io.maru.platform.error.Refusal IMPORT_CANCELLED where somebody was faster and asked for that
     */
    void publish(ModelVersionName version, Manifest manifest, FoundModel found);

    /** Writes that the work has stopped as somebody asked, and gives the lease back. */
    void cancelled();

    /** Writes that the import FAILED, and gives the lease back. */
    void fail(String reason, String message);
}
