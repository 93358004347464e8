package io.maru.tokenization.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.Document;
import io.maru.formats.DocumentShardReader;
import io.maru.formats.SealedFile;
import io.maru.formats.TokenShardHeader;
import io.maru.formats.TokenShardWriter;
import io.maru.platform.error.Refusal;
import io.maru.platform.file.WorkFolder;
import io.maru.tokenization.domain.ShardTask;
import io.maru.tokenization.domain.TokenShard;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenizer.BpeTokenizer;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Turns one document shard into one token shard: each document's ids and the end-of-text id, which belongs to its text. A
 * prompt and its completion are encoded apart, so that no token holds something of both, and only the completion and the
 * end-of-text id are learnt from. The bytes depend on the documents and the tokenizer alone.
 */
public final class ShardEncoder {
    /** Weights of tokens as targets. */
    private static final float LEARNT = 1;

    private static final float GIVEN = 0;

    private final SealedFiles files;
    private final LoadedTokenizers tokenizers;
    private final Path workDirectory;

    public ShardEncoder(SealedFiles files, LoadedTokenizers tokenizers, Path workDirectory) {
        this.files = files;
        this.tokenizers = tokenizers;
        this.workDirectory = workDirectory;
    }

    /**
     * Encodes the shard and stores it.
     *
     * @throws Refusal where something is down, which is worth another try; or where the shard can never be encoded
     * @throws InterruptedException soon after an interrupt
     */
    public TokenShard encode(ShardTask task) throws IOException, InterruptedException {
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
            throws IOException, InterruptedException {
        int[] endOfText = {tokenizer.endOfText()};
        try (DocumentShardReader documents = DocumentShardReader.open(local)) {
            while (documents.hasNext()) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                Document document = documents.next();
                writer.beginText();
                if (document.body() instanceof Document.Text text) {
                    append(tokenizer.encode(text.text()), LEARNT, writer);
                } else if (document.body() instanceof Document.Pair pair) {
                    append(tokenizer.encode(pair.prompt()), GIVEN, writer);
                    append(tokenizer.encode(pair.completion()), LEARNT, writer);
                } else {
                    throw TokenizationReason.CORPUS_WITH_MESSAGES.because(
                            "%s: document %s is messages (expected: a text, or a prompt with its completion)",
                            task.documents().name(), document.id());
                }
                append(endOfText, LEARNT, writer);
            }
        } catch (CorruptFileException e) {
            throw new Refusal(
                    TokenizationReason.CORPUS_CORRUPT, task.documents().name() + ": " + e.getMessage(), e);
        }
    }

    private static void append(int[] ids, float weight, TokenShardWriter writer) throws IOException {
        writer.append(ids, 0, ids.length, weight);
    }
}
