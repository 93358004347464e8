package io.maru.ingestion;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;

/** What an operator may tune. */
@ConfigMapping(prefix = "maru.ingestion")
public interface IngestionConfig {
    /**
     * Temporary files: each upload, and one source and two shards of the corpus that is being built. Each replica needs
     * its own, since it tidies up there when it starts.
     */
    @WithDefault("${java.io.tmpdir}/maru-ingestion")
    Path workDirectory();

    /** A file is refused beyond this. It bounds the work directory: that much for each upload, and for one source. */
    @WithDefault("8589934592")
    @Min(1)
    long maxFileBytes();

    /** A line is cut at white space beyond this, or refused where a corpus is strict. It bounds the memory for one document. */
    @WithDefault("1048576")
    @Min(1)
    @Max(2 << 20)
    int maxLineBytes();

    /** Uploads under way at once; one more is refused. */
    @WithDefault("8")
    @Min(1)
    int maxUploads();

    /** An upload whose sender is silent for this long is given up, so that it does not hold a place for ever. */
    @WithDefault("60000")
    @Min(100)
    long uploadIdleMillis();

    /**
     * A document ends at the first blank line after this much text, in a file that does not mark its documents' ends.
     * Larger: longer contexts. Smaller: finer de-duplication, and a split that mixes better.
     */
    @WithDefault("2048")
    @Min(1)
    int documentBytes();

    /** A document ends at a line's end before it would be longer than this, whatever the file marks. */
    @WithDefault("65536")
    @Min(1)
    @Max(2 << 20)
    int maxDocumentBytes();

    /** A shard is sealed at this much text. Larger: fewer objects. Smaller: more replicas can encode at once. */
    @WithDefault("4194304")
    @Min(1)
    long shardBytes();

    /**
     * Different documents in one corpus; one more fails it. The digests of all of them are in memory while the corpus is
     * built: 16 bytes each, in a table that is up to two thirds empty after it has grown.
     */
    @WithDefault("3000000")
    @Min(1)
    @Max(100_000_000)
    int maxDocuments();

    /** Between two updates of a corpus's progress, and two looks whether it is to be cancelled. */
    @WithDefault("500")
    @Min(10)
    long progressMillis();

    /** Between two looks of a Watch call. */
    @WithDefault("250")
    @Min(10)
    long watchMillis();
}
