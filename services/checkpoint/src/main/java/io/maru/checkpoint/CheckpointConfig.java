package io.maru.checkpoint;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;

/** What an operator may tune. */
@ConfigMapping(prefix = "maru.checkpoint")
public interface CheckpointConfig {
    /**
     * Temporary files: each upload; and the files of the model that is being imported, with the one that is made of them. Each
     * replica needs its own, since it tidies up there when it starts.
     */
    @WithDefault("${java.io.tmpdir}/maru-checkpoint")
    Path workDirectory();

    /**
     * A file that is uploaded, and all files of an imported model, are refused beyond this. It bounds the work directory: that
     * much for each upload, and twice for an import.
     */
    @WithDefault("68719476736")
    @Min(1)
    long maxModelBytes();

    /** Uploads under way at once; one more is refused. */
    @WithDefault("4")
    @Min(1)
    int maxUploads();

    /** Exports under way at once, each with a version's files in the work directory; one more is refused. */
    @WithDefault("2")
    @Min(1)
    int maxExports();

    /**
     * An upload whose sender is silent for this long is given up, and an export whose reader takes nothing, so that neither
     * holds a place for ever.
     */
    @WithDefault("60000")
    @Min(100)
    long maxSilenceMillis();

    /** Between two updates of an import's progress, and two looks whether it is to be cancelled. */
    @WithDefault("500")
    @Min(10)
    long progressMillis();

    /** For one tokenizer that the tokenization service is to register. */
    @WithDefault("120000")
    @Min(100)
    long tokenizationTimeoutMillis();

    /** An uploaded file that no import has taken for this long is removed, as is what a cut off import or promotion has left. */
    @WithDefault("86400000")
    @Min(1)
    long leftoverMillis();

    /** Every checkpoint and model version is read anew this often, and compared with its manifest. */
    @WithDefault("604800000")
    @Min(1000)
    long scrubMillis();

    /** How fast that is done. Faster: more of the store's time. Slower: rot is found later, where there is much to read. */
    @WithDefault("16777216")
    @Min(1)
    long scrubBytesPerSecond();

    /** Between two looks for leftovers, and for what is to be read anew. */
    @WithDefault("600000")
    @Min(10)
    long housekeepingMillis();
}
