package io.maru.tokenization;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;

/** What an operator may tune. */
@ConfigMapping(prefix = "maru.tokenization")
public interface TokenizationConfig {
    /**
     * Temporary files: a document shard and a token shard for each shard in work. Each replica needs its own, since it
     * tidies up there when it starts.
     */
    @WithDefault("${java.io.tmpdir}/maru-tokenization")
    Path workDirectory();

    /** Tokenizers kept in memory: the ones of the datasets in work, and of Encode and Decode calls. */
    @WithDefault("3")
    @Min(1)
    int cachedTokenizers();

    /** Between two looks whether a tokenizer in training is to be cancelled; its progress is told as often. */
    @WithDefault("500")
    @Min(10)
    long checkMillis();

    /** Shards that a replica encodes at once. Each keeps one core busy, and has its two files in the work directory. */
    @WithDefault("2")
    @Min(1)
    int shardWorkers();

    /**
     * Memory for the words that a tokenizer is learned from, before they go to the work directory. Larger: faster on a large
     * corpus. The bytes that come out are the same.
     */
    @WithDefault("67108864")
    @Min(1048576)
    long countingBytes();

    /**
     * Memory for learning merges from those words, a dozen bytes and more for each byte of the different ones. It cannot go
     * to disk: a corpus that needs more is refused, with the number. The heap must have room for it.
     */
    @WithDefault("201326592")
    @Min(1048576)
    long learningBytes();

    /** An import whose sender is silent for this long is given up, so that it does not keep others out for ever. */
    @WithDefault("60000")
    @Min(100)
    long importIdleMillis();

    /** Between two looks of a Watch call. */
    @WithDefault("250")
    @Min(10)
    long watchMillis();
}
