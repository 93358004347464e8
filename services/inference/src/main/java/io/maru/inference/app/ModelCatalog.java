package io.maru.inference.app;

import io.maru.inference.domain.ModelVersion;

/** Knows every model version and checkpoint that there is. */
public interface ModelCatalog {
    /**
     * @param name {@code models/{model}/versions/{version}}, {@code models/{model}} for its newest version, or
     *     {@code runs/{run}/checkpoints/{step}}
     * @throws io.maru.platform.error.Refusal MODEL_MISSING, or CHECKPOINT_UNAVAILABLE
     */
    ModelVersion find(String name);
}
