package io.maru.inference;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;

/** What an operator may tune of inference. */
@ConfigMapping(prefix = "maru.inference")
public interface InferenceConfig {
    /** Copies of model versions; they outlive the process, so a restart fetches nothing again. */
    @WithDefault("${java.io.tmpdir}/maru-inference")
    Path workDirectory();

    /** Model versions in the work directory; the least recently used goes. Bounds the disk. */
    @WithDefault("8")
    @Min(1)
    int cachedModels();

    /** Models in memory at once; the least recently used that is idle goes. */
    @WithDefault("2")
    @Min(1)
    int maxModels();

    /**
     * Generations and scorings that run at once. Each one beyond the first on a model holds its own copy of the weights and
     * of the context, so more of them cost memory, and share the same cores.
     */
    @WithDefault("2")
    @Min(1)
    @Max(1024)
    int slots();

    /** Generations and scorings of one workspace that wait for a slot; the next one is refused at once. */
    @WithDefault("64")
    @Min(1)
    @Max(65_536)
    int waiting();

    /** A caller that reads nothing for so long loses its generation, and others get its slot. */
    @WithDefault("30000")
    @Min(1)
    long readerTimeoutMillis();

    /** For one question to the checkpoint service. */
    @WithDefault("10000")
    @Min(1)
    long checkpointTimeoutMillis();

    /** Threads that TensorFlow splits one operation among; 0 takes one per core. */
    @WithDefault("0")
    @Min(0)
    @Max(4096)
    int intraOpThreads();

    /** Threads on which TensorFlow runs operations side by side; 0 takes one per core. */
    @WithDefault("0")
    @Min(0)
    @Max(4096)
    int interOpThreads();
}
