package io.maru.tokenization.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.DocumentShardReader;
import io.maru.formats.Sha256;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Learns a tokenizer from the training split of a corpus, and nothing from its validation split. The same corpus and
 * vocabulary size give the same bytes.
 */
public final class TokenizerTraining {
    private final SealedFiles files;
    private final Corpora corpora;
    private final Path workDirectory;

    public TokenizerTraining(SealedFiles files, Corpora corpora, Path workDirectory) {
        this.files = files;
        this.corpora = corpora;
        this.workDirectory = workDirectory;
    }

    /**
     * Reads every training shard, one at a time, and stores the tokenizer's two files.
     *
     * <p>Documents are safe points; the merges after the last document are not, and take seconds.
     *
     * @throws Refusal where the corpus has changed or is broken, or where {@code safePoint} says that it is cancelled
     */
    public TrainedTokenizer train(Tokenizer tokenizer, SafePoint safePoint) throws IOException, InterruptedException {
        BpeTrainer trainer = new BpeTrainer(tokenizer.vocabularySize(), TieRule.SMALLEST_IDS);
        try (WorkFolder folder = WorkFolder.create(workDirectory)) {
            for (DocumentShard shard :
                    corpora.read(tokenizer.corpus(), tokenizer.corpusSha256()).shards()) {
                if (shard.split().equals(DocumentShard.TRAIN)) {
                    read(shard, folder.path().resolve("documents"), trainer, safePoint);
                }
            }
        }
        safePoint.check();
        BpeTokenizer trained = trainer.train();
        safePoint.check();
        byte[] json = trained.toJson();
        files.put(Tokenizer.jsonKey(tokenizer.name()), json);
        files.put(Tokenizer.configKey(tokenizer.name()), trained.configJson());
        return new TrainedTokenizer(trained.vocabularySize(), Sha256.of(json));
    }

    private void read(DocumentShard shard, Path local, BpeTrainer trainer, SafePoint safePoint)
            throws IOException, InterruptedException {
        files.fetch(shard.name(), local, shard.sha256());
        try (DocumentShardReader documents = DocumentShardReader.open(local)) {
            while (documents.hasNext()) {
                trainer.add(documents.next().text());
                safePoint.check();
            }
        } catch (CorruptFileException e) {
            throw new Refusal(TokenizationReason.CORPUS_CORRUPT, shard.name() + ": " + e.getMessage(), e);
        }
    }
}
