package io.maru.training.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.formats.Manifest;
import io.maru.formats.SealedFile;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardWriter;
import io.maru.model.data.Batch;
import io.maru.model.data.BatchForm;
import io.maru.model.data.BatchOrder;
import io.maru.model.data.Mixture;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.Divergence.Passage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenBatchesTest {
    private static final int END = 9;
    private static final String SHA256 = "0".repeat(64);

    @TempDir
    Path folder;

    @Test
    void aRowOfAWeightedShardTellsItsTextsAndWhatIsLearntFrom() throws Exception {
        try (TokenBatches batches = open(
                shard("weighted", writer -> {
                    writer.beginText();
                    writer.append(new int[] {0}, 0, 1);
                    writer.append(new int[] {1}, 0, 1, 0);
                    writer.append(new int[] {END}, 0, 1);
                    writer.beginText();
                    writer.append(new int[] {2, 2, 4, 4, 4, 4, 4, END}, 0, 8);
                }),
                5,
                1)) {
            assertThat(batches.planes()).isEqualTo(BatchForm.Planes.WEIGHTS_AND_TEXTS);

            Batch batch = row(batches, 0);
            assertThat(batch.ids()).containsExactly(0, 1, END, 2, 2);
            assertThat(batch.targets()).containsExactly(1, END, 2, 2, 4);
            // 1 is not learnt from, and the first token of a text follows from nothing.
            assertThat(batch.weights())
                    .hasValueSatisfying(weights -> assertThat(weights).containsExactly(0, 1, 0, 1, 1));
            assertThat(batch.packing()).hasValueSatisfying(texts -> {
                assertThat(texts.segments()).containsExactly(0, 0, 0, 1, 1);
                assertThat(texts.positions()).containsExactly(0, 1, 2, 0, 1);
            });
            // A text that begins before the row goes on in it from position 0.
            assertThat(row(batches, 4).packing())
                    .hasValueSatisfying(texts -> assertThat(texts.positions()).containsExactly(0, 1, 2, 3, 4));
        }
    }

    @Test
    void aRowOfAPlainShardIsAStretchOfTextsAsItComes() throws Exception {
        try (TokenBatches batches = open(
                shard("plain", writer -> {
                    writer.beginText();
                    writer.append(new int[] {0, 1, END}, 0, 3);
                    writer.beginText();
                    writer.append(new int[] {2, 3, END}, 0, 3);
                }),
                5,
                1)) {
            assertThat(batches.planes()).isEqualTo(BatchForm.Planes.NONE);
            Batch batch = batches.read(0);
            assertThat(batch.ids()).containsExactly(0, 1, END, 2, 3);
            assertThat(batch.targets()).containsExactly(1, END, 2, 3, END);
            assertThat(batch.weights()).isEmpty();
            assertThat(batch.packing()).isEmpty();
        }
    }

    /** The one of the first batches whose row begins with this token. */
    private static Batch row(TokenBatches batches, int first) {
        for (int number = 0; number < 10; number++) {
            Batch batch = batches.read(number);
            if (batch.ids()[0] == first) {
                return batch;
            }
        }
        throw new AssertionError("no row begins with " + first);
    }

    @FunctionalInterface
    private interface Writing {
        void to(TokenShardWriter writer) throws IOException;
    }

    private record Sealed(Path path, SealedFile file, long tokens) {}

    private Sealed shard(String name, Writing writing) throws IOException {
        Path path = folder.resolve(name);
        try (TokenShardWriter writer = TokenShardWriter.create(path, TokenShardHeader.of(10, SHA256))) {
            writing.to(writer);
            return new Sealed(path, writer.seal(), writer.tokenCount());
        }
    }

    private TokenBatches open(Sealed shard, int block, int batch) throws IOException {
        InMemoryBytes bytes = new InMemoryBytes();
        bytes.objects.put("datasets/a/shards/x", Files.readAllBytes(shard.path()));
        Manifest.Entry entry =
                new Manifest.Entry("shards/x", shard.file().size(), shard.file().sha256(), Map.of());
        List<Dataset.Shard> shards = List.of(new Dataset.Shard(entry, shard.tokens()));
        Dataset dataset = new Dataset("datasets/a", SHA256, SHA256, 10, entry, entry, shards, shards);
        BatchOrder order = new BatchOrder(List.of(shard.tokens()), block, batch, 1);
        return TokenBatches.open(
                List.of(new TokenBatches.Source(dataset, shards)),
                new ShardCache(bytes, folder.resolve("cache")),
                Mixture.of(order),
                block,
                batch);
    }

    @Test
    void tellsWhichDocumentsTheRowsOfABatchHold() throws Exception {
        // Documents of 2, 1, 6 and 3 tokens, each with its end.
        int[] tokens = {0, 1, END, 2, END, 3, 3, 3, 3, 3, 3, END, 4, 4, 4, END};
        // Rows at 0, 5 and 10, in an order of their own.
        BatchOrder order = new BatchOrder(List.of((long) tokens.length), 5, 3, 1);

        try (TokenBatches batches = open(shard("shard", writer -> writer.append(tokens, 0, tokens.length)), 5, 3)) {
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
