package io.maru.bench;

import com.sun.management.OperatingSystemMXBean;
import io.maru.formats.Document;
import io.maru.formats.DocumentShardWriter;
import io.maru.formats.Sha256;
import io.maru.tokenization.app.LoadedTokenizers;
import io.maru.tokenization.app.SealedFiles;
import io.maru.tokenization.app.ShardEncoder;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.ShardTask;
import io.maru.tokenization.domain.TokenShard;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.store.ObjectFiles;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * From document shards in the object store to sealed token shards there, as a replica of tokenization does it: fetch, check
 * the digest, decompress, parse, encode, write, digest, put. The store is the real one of the test kit, in a process of its
 * own; what PostgreSQL would do is left out. One thread encodes, so text per second of this process's CPU is what
 * one core does; the time on the wall holds the store's too.
 *
 * <p>Arguments: megabytes of text (100), tokens of the vocabulary (8192).
 */
public final class ShardEncoding {
    private static final int SHARD_BYTES = 4 << 20; // as ingestion seals them
    private static final int WARM_UP_SHARDS = 6;
    private static final String CORPUS = "corpora/bench";
    private static final String TOKENIZER = "tokenizers/bench";

    private ShardEncoding() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        long bytes = (arguments.length > 0 ? Long.parseLong(arguments[0]) : 100) * 1_000_000;
        int vocabulary = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 8192;
        SealedFiles files = new ObjectFiles(Stores.running());
        Path work = Files.createTempDirectory("shard-encoding");
        MadeUpText text = new MadeUpText(new Random(1));

        BpeTrainer trainer = new BpeTrainer(vocabulary, TieRule.SMALLEST_IDS);
        for (int i = 0; i < 2_000; i++) {
            trainer.add(text.document());
        }
        BpeTokenizer tokenizer = trainer.train();
        byte[] json = tokenizer.toJson();
        files.put(Tokenizer.jsonKey(TOKENIZER), json);
        List<DocumentShard> shards = new ArrayList<>();
        for (long written = 0; written < bytes; written += SHARD_BYTES) {
            shards.add(shard(files, text, work.resolve("documents"), shards.size()));
        }

        List<ShardTask> tasks = shards.stream()
                .map(shard -> new ShardTask(
                        "datasets/bench/" + shard.key(), "datasets/bench", shard, TOKENIZER, Sha256.of(json)))
                .toList();
        ShardEncoder encoder = new ShardEncoder(files, new LoadedTokenizers(files, 1), work);
        for (int i = 0; i < WARM_UP_SHARDS; i++) {
            encoder.encode(tasks.get(i % tasks.size()));
        }
        for (int round = 1; round <= 3; round++) {
            long textBytes = 0;
            long tokens = 0;
            long cpu = cpuNanos();
            long start = System.nanoTime();
            for (ShardTask task : tasks) {
                TokenShard shard = encoder.encode(task);
                textBytes += shard.textBytes();
                tokens += shard.tokens();
            }
            double wall = (System.nanoTime() - start) / 1e9;
            double core = (cpuNanos() - cpu) / 1e9;
            System.out.printf(
                    Locale.ROOT,
                    "round %d: %.1f MB of text, %.2f bytes/token, %d tokens in the vocabulary: %.1f MB/s per core (%.2f s of CPU),"
                            + " %.1f MB/s on the wall (%.2f s)%n",
                    round,
                    textBytes / 1e6,
                    (double) textBytes / tokens,
                    tokenizer.vocabularySize(),
                    textBytes / 1e6 / core,
                    core,
                    textBytes / 1e6 / wall,
                    wall);
        }
    }

    private static long cpuNanos() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static DocumentShard shard(SealedFiles files, MadeUpText text, Path local, int number) throws IOException {
        try (DocumentShardWriter writer = DocumentShardWriter.create(local)) {
            while (writer.textBytes() < SHARD_BYTES) {
                writer.append(Document.of(text.document()));
            }
            String key = String.format(Locale.ROOT, "shards/train-%05d", number);
            String sha256 = writer.seal().sha256();
            files.put(CORPUS + "/" + key, local);
            return new DocumentShard(CORPUS, key, sha256, DocumentShard.TRAIN, writer.textBytes());
        }
    }
}
