package io.maru.tokenization.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.DocumentShardReader;
import io.maru.formats.SealedFile;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardWriter;
import io.maru.platform.error.GrpcErrors;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.ShardTask;
import io.maru.tokenization.domain.TokenShard;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenizer.BpeTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;

/*
 * What may happen to one shard, and what then becomes of its dataset:
 *
 *     encoded                        sealed; with the last one the dataset is sealed too
 *     the event comes again          nothing: the shard is sealed, or the dataset is not ENCODING any more
 *     killed while encoding          Kafka brings the event again; the same bytes go to the same key
 *     the event is lost              the sweep queues the shard again
 *     the store or database is down  the event is tried until it is up again
 *     the shard can never be encoded the dataset is FAILED with the reason, and the event is a dead letter
 *     an unexpected exception        a dead letter, and the sweep queues the shard again; FAILED after several times
 */
/** Turns one document shard into one token shard: each document's ids and the end-of-text id. */
public final class ShardEncoder {
    static final int MOST_FAILURES = 5;

    private final DatasetStore datasets;
    private final SealedFiles files;
    private final LoadedTokenizers tokenizers;
    private final DatasetSealing sealing;
    private final Path workDirectory;

    public ShardEncoder(DatasetStore datasets, SealedFiles files, LoadedTokenizers tokenizers, Path workDirectory) {
        this.datasets = datasets;
        this.files = files;
        this.tokenizers = tokenizers;
        this.sealing = new DatasetSealing(files, tokenizers);
        this.workDirectory = workDirectory;
    }

    /**
     * Encodes the shard, unless that is done or not wanted any more.
     *
     * @param tokenShard {@code datasets/{dataset}/shards/{shard}}
     * @return the shard, if it was encoded now
     * @throws Refusal where something is down, which is worth another try; or where the shard can never be encoded: its
     *     dataset is FAILED then
     */
    public Optional<TokenShard> encode(String tokenShard) {
        Optional<ShardTask> task = datasets.task(tokenShard);
        if (task.isEmpty()) {
            return Optional.empty();
        }
        try {
            TokenShard shard = encode(task.get());
            datasets.seal(shard, sealing::seal);
            return Optional.of(shard);
        } catch (IOException e) {
            throw recorded(task.get(), new UncheckedIOException(e));
        } catch (RuntimeException e) {
            throw GrpcErrors.isTransient(e) ? e : recorded(task.get(), e);
        }
    }

    private RuntimeException recorded(ShardTask task, RuntimeException failure) {
        if (failure instanceof Refusal refusal) {
            datasets.fail(task.dataset(), refusal.reason().name(), refusal.getMessage());
        } else if (datasets.countFailure(task.name()) >= MOST_FAILURES) {
            datasets.fail(task.dataset(), "INTERNAL", "internal error; the service's log has it");
        }
        return failure;
    }

    private TokenShard encode(ShardTask task) throws IOException {
        BpeTokenizer tokenizer = tokenizers.get(task.tokenizer(), task.tokenizerSha256());
        try (WorkFolder folder = WorkFolder.create(workDirectory)) {
            Path documents = folder.path().resolve("documents");
            files.fetch(task.documents().name(), documents, task.documents().sha256());

            Path tokens = folder.path().resolve("tokens");
            TokenShardHeader header = TokenShardHeader.of(tokenizer.vocabularySize(), task.tokenizerSha256());
            try (TokenShardWriter writer = TokenShardWriter.create(tokens, header)) {
                encode(task, documents, tokenizer, writer);
                SealedFile file = writer.seal();
                files.put(task.name(), tokens);
                return new TokenShard(
                        task.name(),
                        task.dataset(),
                        task.documents().split(),
                        file.size(),
                        file.sha256(),
                        writer.tokenCount(),
                        task.documents().textBytes());
            }
        }
    }

    private static void encode(ShardTask task, Path local, BpeTokenizer tokenizer, TokenShardWriter writer)
            throws IOException {
        int[] endOfText = {tokenizer.endOfText()};
        try (DocumentShardReader documents = DocumentShardReader.open(local)) {
            while (documents.hasNext()) {
                int[] ids = tokenizer.encode(documents.next().text());
                writer.append(ids, 0, ids.length);
                writer.append(endOfText, 0, 1);
            }
        } catch (CorruptFileException e) {
            throw new Refusal(
                    TokenizationReason.CORPUS_CORRUPT, task.documents().name() + ": " + e.getMessage(), e);
        }
    }
}
