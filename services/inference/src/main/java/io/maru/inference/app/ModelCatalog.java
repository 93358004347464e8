package io.maru.inference.app;

import io.maru.inference.domain.ModelVersion;

/** Knows every model version and checkpoint that there is. */
public interface ModelCatalog {
    /**
     * @param name full name of a model version, of a model for its newest version, or of a checkpoint
     * @throws io.maru.platform.error.Refusal MODEL_MISSING, or CHECKPOINT_UNAVAILABLE
     */
    ModelVersion find(String name);
}
