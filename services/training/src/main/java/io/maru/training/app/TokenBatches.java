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

/** Reads the batches of one split from memory-mapped shards. Not safe for use by several threads. */
final class TokenBatches implements AutoCloseable {
    /** Tokens that are looked through for the ends of documents at a time. */
    private static final int CHUNK_TOKENS = 1 << 16;

    private final List<List<OpenShard>> sources;
    private final Mixture order;
    private final int block;
    private final BatchForm.Planes planes;
    // Of a row, (T + 1)
    private final int[] tokens;
    private final float[] weights;
    private final int[] texts;
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
        // In a shard that tells no weights every text is learnt from alike, and a row is a stretch of them as it comes.
        this.planes = sources.stream()
                        .flatMap(List::stream)
                        .anyMatch(shard -> shard.reader().header().weighted())
                ? BatchForm.Planes.WEIGHTS_AND_TEXTS
                : BatchForm.Planes.NONE;
        this.tokens = new int[block + 1];
        this.weights = new float[block + 1];
        this.texts = new int[block + 1];
        this.batch = new BatchBuilder(new BatchForm(batch, planes), block);
    }

    /** @throws CorruptFileException where a shard is not of its dataset's tokenizer and length */
    static TokenBatches open(List<Source> sources, ShardCache cache, Mixture order, int block, int batch)
            throws IOException {
        List<List<OpenShard>> shards = new ArrayList<>();
        try {
            for (Source source : sources) {
                List<OpenShard> open = new ArrayList<>();
                shards.add(open);
                for (Dataset.Shard shard : source.shards()) {
                    open(source.dataset(), shard, cache, open);
                }
            }
            return new TokenBatches(shards, order, block, batch);
        } catch (IOException | RuntimeException e) {
            close(shards);
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
            TokenShardReader reader = shard(each).reader();
            long at = each.window().offset();
            reader.read(at, tokens, 0, block + 1);
            if (reader.header().weighted()) {
                reader.readWeights(at, weights, 0, block + 1);
                reader.readTexts(at, texts, 0, block + 1);
                batch.add(tokens, weights, texts);
            } else {
                batch.add(tokens);
            }
        }
        return batch.build();
    }

    /** Tells what the batches have beside ids and targets. */
    BatchForm.Planes planes() {
        return planes;
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
        close(sources);
    }

    private static void close(List<List<OpenShard>> sources) {
        sources.forEach(source -> source.forEach(shard -> shard.reader().close()));
    }

    private static void require(String file, String place, Object found, Object expected) {
        if (!found.equals(expected)) {
            throw new CorruptFileException(file, place, found.toString(), expected + ", as the manifest tells");
        }
    }
}
