package io.maru.checkpoint;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;

/** What an operator may tune. */
@ConfigMapping(prefix = "maru.checkpoint")
public interface CheckpointConfig {
    /**
     * Tensors pass through here while they are checked, so it needs room for the largest file. Each replica needs its own,
     * since it is emptied at start.
     */
    @WithDefault("${java.io.tmpdir}/maru-checkpoint")
    Path workDirectory();
}
