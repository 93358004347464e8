package io.maru.inference.domain;

import java.time.Instant;

/**
 * A model that is ready to serve.
 *
 * @param version {@code models/{model}/versions/{version}} or {@code runs/{run}/checkpoints/{step}}
 * @param block the most tokens that it can read at once
 */
public record LoadedModel(String version, long parameters, int vocabularySize, int block, Instant loadTime) {}
