package io.maru.checkpoint.domain;

import java.time.Instant;

/** A name for a version that can be moved to another one. */
public record Alias(AliasName name, ModelVersionName version, Instant updateTime) {}
