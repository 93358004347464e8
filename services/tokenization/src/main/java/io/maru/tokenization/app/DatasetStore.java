package io.maru.tokenization.app;

import io.maru.tokenization.domain.Dataset;
import io.maru.tokenization.domain.DatasetRequest;
import io.maru.tokenization.domain.ShardTask;
import io.maru.tokenization.domain.TokenShard;
import io.maru.tokenization.domain.Tokenizer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** The datasets that were asked for, and how far each of their shards is. */
public interface DatasetStore {
    Optional<Dataset> find(String name);

    Optional<Dataset> findByRequest(String requestId);

    /** At most {@code limit} with a sequence below {@code before}, newest first. */
    List<Dataset> list(long before, int limit);

    /**
     * A new ENCODING dataset with one queued shard for each document shard; nothing where its name or its request id is
     * taken.
     */
    Optional<Dataset> create(String name, DatasetRequest request, Corpora.SealedCorpus corpus, Tokenizer tokenizer);

    /** ENCODING becomes CANCELLED, anything else stays. Nothing where there is no such dataset. */
    Optional<Dataset> cancel(String name);

    /** What the token shard takes; nothing where it is sealed, unknown, or its dataset is not ENCODING any more. */
    Optional<ShardTask> task(String tokenShard);

    /**
     * Marks a stored shard as sealed, unless it is or its dataset is not ENCODING any more. With the last shard the
     * dataset is sealed in the same transaction.
     *
     * @param manifest given the dataset with all counts, and its shards in the corpus's order, stores the manifest and
     *     returns its digest; may be called more than once
     */
    void seal(TokenShard shard, BiFunction<Dataset, List<TokenShard>, String> manifest);

    /** Marks the dataset as FAILED, if it is ENCODING. */
    void fail(String dataset, String reason, String message);

    /** Counts one more failure of a shard; returns how many it has had. */
    int countFailure(String tokenShard);

    /**
     * Queues shards again whose event may be lost: those of datasets without progress for {@code patience} that were
     * last queued at least as long ago, twice as long after each further time.
     *
     * @return how many
     */
    int requeueStalled(Duration patience);
}
