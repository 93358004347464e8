package io.maru.evaluation;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;

/** What an operator may tune of evaluation. */
@ConfigMapping(prefix = "maru.evaluation")
public interface EvaluationConfig {
    /** Copies of validation shards, for as long as they are scored. Emptied at start, so no two services may share it. */
    @WithDefault("${java.io.tmpdir}/maru-evaluation")
    Path workDirectory();

    /** Evaluations that run side by side in one replica. More: none waits for another. Fewer: inference is asked less at once. */
    @WithDefault("2")
    @Min(1)
    @Max(64)
    int workers();

    /** Tokens in one Score request. More: fewer calls. Fewer: progress and cancellation are seen sooner. */
    @WithDefault("4096")
    @Min(2)
    @Max(65_536)
    int batchTokens();

    /** Inference may have to fetch a model of gigabytes first. After this the evaluation is tried again. */
    @WithDefault("600000")
    @Min(1000)
    long loadTimeoutMillis();

    /** For one batch. After this it is tried again. */
    @WithDefault("120000")
    @Min(1000)
    long scoreTimeoutMillis();

    /** How often a watched evaluation is looked at. */
    @WithDefault("500")
    @Min(10)
    long watchMillis();
}
