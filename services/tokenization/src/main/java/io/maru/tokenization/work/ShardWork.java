package io.maru.tokenization.work;

import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;
import io.maru.tokenization.app.DatasetSealing;
import io.maru.tokenization.app.EncodingCounts;
import io.maru.tokenization.app.HeldShard;
import io.maru.tokenization.app.ShardEncoder;
import io.maru.tokenization.domain.ShardTask;
import io.maru.tokenization.domain.TokenShard;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/*
 * What may happen to one shard, and what then becomes of its dataset:
 *
 *     encoded                        sealed; with the last one the dataset is sealed too
 *     the dataset was cancelled      nothing: the claim ends
 *     killed while encoding          the lease runs out, and whoever claims the shard puts the same bytes under the same key
 *     the store or database is down  the shard is tried again until it is up
 *     the shard can never be encoded the dataset is FAILED with the reason
 *     an unexpected exception        the shard is tried again; the dataset is FAILED after several times
 */
/** Encodes claimed shards, each on whichever replica is free. */
public final class ShardWork implements Worker.Work {
    private final Function<Claim, HeldShard> shards;
    private final ShardEncoder encoder;
    private final DatasetSealing sealing;
    private final EncodingCounts counts;

    /** @param shards the shard under a claim */
    public ShardWork(
            Function<Claim, HeldShard> shards, ShardEncoder encoder, DatasetSealing sealing, EncodingCounts counts) {
        this.shards = shards;
        this.encoder = encoder;
        this.sealing = sealing;
        this.counts = counts;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        HeldShard held = shards.apply(claim);
        Optional<ShardTask> task = held.start();
        if (task.isEmpty()) {
            return;
        }
        long start = System.nanoTime();
        TokenShard shard = encoder.encode(task.get());
        held.seal(shard, sealing::seal);
        counts.encoded(shard, Duration.ofNanos(System.nanoTime() - start));
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        shards.apply(claim).fail(reason, message);
    }
}
