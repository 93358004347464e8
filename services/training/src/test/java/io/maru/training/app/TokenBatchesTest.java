package io.maru.training.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardWriter;
import io.maru.model.data.BatchOrder;
import io.maru.model.data.Mixture;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.Divergence.Passage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenBatchesTest {
    private static final int END = 9;

    @TempDir
    Path folder;

    @Test
    void tellsWhichDocumentsTheRowsOfABatchHold() throws Exception {
        String sha256 = "0".repeat(64);
        // Documents of 2, 1, 6 and 3 tokens, each with its end.
        int[] tokens = {0, 1, END, 2, END, 3, 3, 3, 3, 3, 3, END, 4, 4, 4, END};
        Path file = folder.resolve("shard");
        SealedFile sealed;
        try (TokenShardWriter writer = TokenShardWriter.create(file, TokenShardHeader.of(10, sha256))) {
            writer.append(tokens, 0, tokens.length);
            sealed = writer.seal();
        }
        InMemoryBytes bytes = new InMemoryBytes();
        bytes.objects.put("datasets/a/shards/x", Files.readAllBytes(file));
        Manifest.Entry entry = new Manifest.Entry("shards/x", sealed.size(), sealed.sha256(), Map.of());
        List<Dataset.Shard> shards = List.of(new Dataset.Shard(entry, tokens.length));
        Dataset dataset = new Dataset("datasets/a", sha256, sha256, 10, entry, entry, shards, shards);
        // Rows at 0, 5 and 10, in an order of their own.
        BatchOrder order = new BatchOrder(List.of((long) tokens.length), 5, 3, 1);

        try (TokenBatches batches = TokenBatches.open(
                List.of(new TokenBatches.Source(dataset, shards)),
                new ShardCache(bytes, folder.resolve("cache")),
                Mixture.of(order),
                5,
                3)) {
            List<Passage> passages = batches.documents(0, END, 3);

            // The token after a row is its last target, so it counts.
            Map<Long, Passage> expected = Map.of(
                    0L, new Passage("datasets/a/shards/x", 0, 2),
                    5L, new Passage("datasets/a/shards/x", 2, 2),
                    10L, new Passage("datasets/a/shards/x", 2, 3));
            assertThat(passages)
                    .containsExactlyElementsOf(order.batch(0).stream()
                            .map(window -> expected.get(window.offset()))
                            .toList());
            assertThat(batches.documents(0, END, 2)).isEqualTo(passages.subList(0, 2));
        }
    }
}
