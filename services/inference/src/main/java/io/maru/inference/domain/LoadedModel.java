package io.maru.inference.domain;

import java.time.Instant;

/**
 * A model that is ready to serve.
 *
 * @param version full name of a model version or of a checkpoint
 * @param block the most tokens that it can read at once
 */
public record LoadedModel(String version, long parameters, int vocabularySize, int block, Instant loadTime) {}
