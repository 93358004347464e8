package io.maru.tokenization.app;

import io.maru.tokenization.domain.Dataset;
import io.maru.tokenization.domain.ShardTask;
import io.maru.tokenization.domain.TokenShard;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * A token shard that this worker holds the lease on. Each method is one transaction that proves the lease first, so a worker
 * that lost it can write nothing.
 */
public interface HeldShard {
    /** What the shard takes; nothing, and the lease given back, where its dataset is not ENCODING any more. */
    Optional<ShardTask> start();

    /**
     * Marks the stored shard as sealed, unless its dataset is not ENCODING any more, and gives the lease back. With the last
     * shard the dataset is sealed in the same transaction.
     *
     * @param manifest given the dataset with all counts, and its shards in the corpus's order, stores the manifest and
     *     returns its digest; may be called more than once
     */
    void seal(TokenShard shard, BiFunction<Dataset, List<TokenShard>, String> manifest);

    /** Marks the shard's dataset as FAILED, if it is ENCODING, and gives the lease back. */
    void fail(String reason, String message);
}
