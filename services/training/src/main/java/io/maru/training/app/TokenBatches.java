package io.maru.training.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.TokenShardReader;
import io.maru.model.BatchOrder;
import io.maru.training.domain.Dataset;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The batches of one split, read from memory-mapped shards. Not safe for use by several threads. */
final class TokenBatches implements AutoCloseable {
    private final List<TokenShardReader> shards;
    private final BatchOrder order;
    private final int block;
    private final int[] row; // (T + 1)
    private final Batch batch;

    /**
     * Valid until the next batch is read.
     *
     * @param inputs token ids, row after row (B * T)
     * @param targets the token after each of them (B * T)
     */
    @SuppressWarnings("ArrayRecordComponent") // Read by the trainer at once, never compared.
    record Batch(int[] inputs, int[] targets) {}

    private TokenBatches(List<TokenShardReader> shards, BatchOrder order, int block, int batch) {
        this.shards = shards;
        this.order = order;
        this.block = block;
        this.row = new int[block + 1];
        this.batch = new Batch(new int[batch * block], new int[batch * block]);
    }

    /** @throws CorruptFileException where a shard is not of this dataset's tokenizer and length */
    static TokenBatches open(
            Dataset dataset, List<Dataset.Shard> split, ShardCache cache, BatchOrder order, int block, int batch)
            throws IOException {
        TokenBatches batches = new TokenBatches(new ArrayList<>(), order, block, batch);
        try {
            for (Dataset.Shard shard : split) {
                TokenShardReader reader = TokenShardReader.open(cache.file(dataset, shard.entry()));
                batches.shards.add(reader);
                String file = dataset.key(shard.entry());
                require(file, "tokens", reader.tokenCount(), shard.tokens());
                require(file, "vocabulary", reader.header().vocabularySize(), dataset.vocabularySize());
                require(file, "tokenizer", reader.header().tokenizerSha256(), dataset.tokenizerSha256());
            }
            return batches;
        } catch (IOException | RuntimeException e) {
            batches.close();
            throw e;
        }
    }

    /** @param step counted from 0 */
    Batch read(long step) {
        int at = 0;
        for (BatchOrder.Window window : order.batch(step)) {
            shards.get(window.shard()).read(window.offset(), row, 0, block + 1);
            System.arraycopy(row, 0, batch.inputs(), at, block);
            System.arraycopy(row, 1, batch.targets(), at, block);
            at += block;
        }
        return batch;
    }

    @Override
    public void close() {
        shards.forEach(TokenShardReader::close);
    }

    private static void require(String file, String place, Object found, Object expected) {
        if (!found.equals(expected)) {
            throw new CorruptFileException(file, place, found.toString(), expected + ", as the manifest tells");
        }
    }
}
