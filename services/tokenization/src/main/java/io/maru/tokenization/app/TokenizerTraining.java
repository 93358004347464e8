package io.maru.tokenization.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.DocumentShardReader;
import io.maru.formats.Sha256;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TrainingProgress;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.EmptyCorpusException;
import io.maru.tokenizer.QualityReport;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Learns a tokenizer from the training split of a corpus, and nothing from its validation split, which tells how well it
 * turned out. The same corpus and vocabulary size give the same bytes.
 */
public final class TokenizerTraining {
    private final SealedFiles files;
    private final Corpora corpora;
    private final long countingBytes;
    private final Path workDirectory;

    /** @param countingBytes of memory that counts of words may take before they go to disk */
    public TokenizerTraining(SealedFiles files, Corpora corpora, long countingBytes, Path workDirectory) {
        this.files = files;
        this.corpora = corpora;
        this.countingBytes = countingBytes;
        this.workDirectory = workDirectory;
    }

    /**
     * Reads every training shard, one at a time, then the shards to measure, and stores the tokenizer's two files and its
     * report.
     *
     * <p>Documents are safe points; the merges after the last training document are not, and take seconds.
     *
     * <p>Memory is bounded while words are counted. Learning merges then takes some 16 bytes for each byte of the different
     * words.
     *
     * @throws Refusal where the corpus has changed or is broken, or where {@code safePoint} says that it is cancelled
     */
    public TrainedTokenizer train(Tokenizer tokenizer, SafePoint safePoint) throws IOException, InterruptedException {
        List<DocumentShard> shards =
                corpora.read(tokenizer.corpus(), tokenizer.corpusSha256()).shards();
        List<DocumentShard> training = of(shards, DocumentShard.TRAIN);
        List<DocumentShard> validation = of(shards, DocumentShard.VALIDATION);
        List<DocumentShard> measured = validation.isEmpty() ? training : validation;
        try (WorkFolder folder = WorkFolder.create(workDirectory)) {
            Reading reading =
                    new Reading(folder.path().resolve("documents"), bytes(training) + bytes(measured), safePoint);
            BpeTokenizer trained = learn(tokenizer.vocabularySize(), training, reading, folder.path());

            byte[] json = trained.toJson();
            String sha256 = Sha256.of(json);
            QualityReport.Tally tally = new QualityReport.Tally(trained);
            reading.each(measured, tally::add);
            byte[] report = tally.report(sha256, measured.get(0).split()).toJson();

            files.put(Tokenizer.jsonKey(tokenizer.name()), json);
            files.put(Tokenizer.configKey(tokenizer.name()), trained.configJson());
            files.put(Tokenizer.reportKey(tokenizer.name()), report);
            return new TrainedTokenizer(trained.vocabularySize(), sha256, Sha256.of(report), reading.readBytes);
        }
    }

    private BpeTokenizer learn(int vocabularySize, List<DocumentShard> shards, Reading reading, Path folder)
            throws IOException, InterruptedException {
        int threads = Runtime.getRuntime().availableProcessors();
        Path counts = Files.createDirectory(folder.resolve("counts"));
        try (BpeTrainer trainer = new BpeTrainer(
                vocabularySize, TieRule.SMALLEST_IDS, new BpeTrainer.Resources(threads, countingBytes, counts))) {
            reading.each(shards, trainer::add);
            return trainer.train();
        } catch (EmptyCorpusException e) {
            throw new Refusal(TokenizationReason.CORPUS_WITHOUT_TEXT, e.getMessage(), e);
        }
    }

    private static List<DocumentShard> of(List<DocumentShard> shards, String split) {
        return shards.stream().filter(shard -> shard.split().equals(split)).toList();
    }

    private static long bytes(List<DocumentShard> shards) {
        return shards.stream().mapToLong(DocumentShard::textBytes).sum();
    }

    /** Documents in order, with a safe point after each. */
    private final class Reading {
        private final Path local;
        private final long sourceBytes;
        private final SafePoint safePoint;
        private long readBytes;

        Reading(Path local, long sourceBytes, SafePoint safePoint) {
            this.local = local;
            this.sourceBytes = sourceBytes;
            this.safePoint = safePoint;
        }

        void each(List<DocumentShard> shards, Consumer<String> reader) throws IOException, InterruptedException {
            for (DocumentShard shard : shards) {
                files.fetch(shard.name(), local, shard.sha256());
                read(shard, reader);
            }
        }

        private void read(DocumentShard shard, Consumer<String> reader) throws IOException, InterruptedException {
            long end = readBytes + shard.textBytes();
            try (DocumentShardReader documents = DocumentShardReader.open(local)) {
                while (documents.hasNext()) {
                    String text = documents.next().text();
                    reader.accept(text);
                    // Characters are close enough to bytes until the shard's end, where the manifest knows.
                    readBytes = Math.min(end, readBytes + text.length());
                    safePoint.check(new TrainingProgress(readBytes, sourceBytes));
                }
            } catch (CorruptFileException e) {
                throw new Refusal(TokenizationReason.CORPUS_CORRUPT, shard.name() + ": " + e.getMessage(), e);
            }
            readBytes = end;
            safePoint.check(new TrainingProgress(readBytes, sourceBytes));
        }
    }
}
