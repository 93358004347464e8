package io.maru.tokenization.app;

import io.maru.tokenization.domain.TokenShard;
import java.time.Duration;

/** What encoding counts for whoever operates it. */
public interface EncodingCounts {
    /** @param took from the shard's claim to its seal */
    void encoded(TokenShard shard, Duration took);
}
