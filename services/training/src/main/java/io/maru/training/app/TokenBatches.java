package io.maru.training.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.TokenShardReader;
import io.maru.model.data.Batch;
import io.maru.model.data.BatchBuilder;
import io.maru.model.data.BatchForm;
import io.maru.model.data.Mixture;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.Divergence.Passage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The batches of one split, read from memory-mapped shards. Not safe for use by several threads. */
final class TokenBatches implements AutoCloseable {
    /** Tokens that are looked through for the ends of documents at a time. */
    private static final int CHUNK_TOKENS = 1 << 16;

    private final List<List<OpenShard>> sources;
    private final Mixture order;
    private final int block;
    private final int[] row; // (T + 1)
    private final BatchBuilder batch;

    /**
     * A split of a dataset.
     *
     * @param shards in the order of the manifest
     */
    record Source(Dataset dataset, List<Dataset.Shard> shards) {}

    private record OpenShard(String key, TokenShardReader reader) {}

    private TokenBatches(List<List<OpenShard>> sources, Mixture order, int block, int batch) {
        this.sources = sources;
        this.order = order;
        this.block = block;
        this.row = new int[block + 1];
        this.batch = new BatchBuilder(BatchForm.plain(batch), block);
    }

    /** @throws CorruptFileException where a shard is not of its dataset's tokenizer and length */
    static TokenBatches open(List<Source> sources, ShardCache cache, Mixture order, int block, int batch)
            throws IOException {
        TokenBatches batches = new TokenBatches(new ArrayList<>(), order, block, batch);
        try {
            for (Source source : sources) {
                List<OpenShard> open = new ArrayList<>();
                batches.sources.add(open);
                for (Dataset.Shard shard : source.shards()) {
                    open(source.dataset(), shard, cache, open);
                }
            }
            return batches;
        } catch (IOException | RuntimeException e) {
            batches.close();
            throw e;
        }
    }

    private static void open(Dataset dataset, Dataset.Shard shard, ShardCache cache, List<OpenShard> into)
            throws IOException {
        String key = dataset.key(shard.entry());
        TokenShardReader reader = TokenShardReader.open(cache.file(dataset, shard.entry()));
        into.add(new OpenShard(key, reader));
        require(key, "tokens", reader.tokenCount(), shard.tokens());
        require(key, "vocabulary", reader.header().vocabularySize(), dataset.vocabularySize());
        require(key, "tokenizer", reader.header().tokenizerSha256(), dataset.tokenizerSha256());
    }

    /**
     * Reads a batch, which is valid until the next one is read.
     *
     * @param number of the batch, counted from 0
     */
    Batch read(long number) {
        for (Mixture.Row each : order.batch(number)) {
            shard(each).reader().read(each.window().offset(), row, 0, block + 1);
            batch.add(row);
        }
        return batch.build();
    }

    /**
     * The documents in a batch, row by row. Reads every token before its rows: for the rare case only.
     *
     * @param number of the batch, counted from 0
     * @param endOfText the token after each document
     * @param maxRows the first of the batch
     */
    List<Passage> documents(long number, int endOfText, int maxRows) {
        List<Mixture.Row> rows = order.batch(number).stream().limit(maxRows).toList();
        Map<OpenShard, TreeMap<Long, Long>> endsBefore = new HashMap<>();
        for (Mixture.Row each : rows) {
            TreeMap<Long, Long> places = endsBefore.computeIfAbsent(shard(each), shard -> new TreeMap<>());
            places.put(each.window().offset(), 0L);
            places.put(each.window().offset() + block, 0L);
        }
        endsBefore.forEach((shard, places) -> countEnds(shard.reader(), endOfText, places));
        return rows.stream()
                .map(each -> {
                    TreeMap<Long, Long> places = endsBefore.get(shard(each));
                    long first = each.window().offset();
                    return new Passage(shard(each).key(), places.get(first), places.get(first + block));
                })
                .toList();
    }

    /** Sets for each place how many documents end before it. */
    private static void countEnds(TokenShardReader reader, int endOfText, TreeMap<Long, Long> places) {
        int[] chunk = new int[CHUNK_TOKENS];
        long at = 0;
        long ends = 0;
        for (Map.Entry<Long, Long> place : places.entrySet()) {
            while (at < place.getKey()) {
                int size = (int) Math.min(chunk.length, place.getKey() - at);
                reader.read(at, chunk, 0, size);
                for (int i = 0; i < size; i++) {
                    ends += chunk[i] == endOfText ? 1 : 0;
                }
                at += size;
            }
            place.setValue(ends);
        }
    }

    private OpenShard shard(Mixture.Row row) {
        return sources.get(row.source()).get(row.window().shard());
    }

    @Override
    public void close() {
        sources.forEach(source -> source.forEach(shard -> shard.reader().close()));
    }

    private static void require(String file, String place, Object found, Object expected) {
        if (!found.equals(expected)) {
            throw new CorruptFileException(file, place, found.toString(), expected + ", as the manifest tells");
        }
    }
}
