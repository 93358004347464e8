package io.maru.tokenization.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.Document;
import io.maru.formats.DocumentShardReader;
import io.maru.formats.Sha256;
import io.maru.platform.error.Refusal;
import io.maru.platform.file.WorkFolder;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TrainingProgress;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.EmptyCorpusException;
import io.maru.tokenizer.LearningMemoryException;
import io.maru.tokenizer.QualityReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Learns a tokenizer from the training split of a corpus, and nothing from its validation split, which tells how well it
 * turned out. The same corpus, vocabulary size and tie rule give the same bytes.
 */
public final class TokenizerTraining {
    private final SealedFiles files;
    private final Corpora corpora;
    private final long countingBytes;
    private final long learningBytes;
    private final Path workDirectory;

    /**
     * @param countingBytes of memory that counts of words may take before they go to disk
     * @param learningBytes of memory that learning from those words may take
     */
    public TokenizerTraining(
            SealedFiles files, Corpora corpora, long countingBytes, long learningBytes, Path workDirectory) {
        this.files = files;
        this.corpora = corpora;
        this.countingBytes = countingBytes;
        this.learningBytes = learningBytes;
        this.workDirectory = workDirectory;
    }

    /**
     * Reads every training shard, one at a time, then the shards to measure, and stores the tokenizer's two files and its
     * report.
     *
     * <p>Documents are safe points, and so are merges.
     *
     * @throws Refusal where the corpus has changed, is broken or has more different words than there is memory for, or where
     *     {@code safePoint} says that it is cancelled
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
            BpeTokenizer trained = learn(tokenizer, training, reading, folder.path());

            byte[] json = trained.toJson();
            String sha256 = Sha256.of(json);
            QualityReport.Tally tally = new QualityReport.Tally(trained);
            reading.each(measured, document -> measure(document, tally));
            byte[] report = tally.report(sha256, measured.get(0).split()).toJson();

            files.put(Tokenizer.jsonKey(tokenizer.name()), json);
            files.put(Tokenizer.configKey(tokenizer.name()), trained.configJson());
            files.put(Tokenizer.reportKey(tokenizer.name()), report);
            return new TrainedTokenizer(trained.vocabularySize(), sha256, Sha256.of(report), reading.readBytes);
        }
    }

    private static void measure(Document document, QualityReport.Tally tally) {
        for (String text : document.texts()) {
            if (document.kind().isEmpty()) {
                tally.add(text);
            } else {
                tally.add(text, document.kind());
            }
        }
    }

    private BpeTokenizer learn(Tokenizer tokenizer, List<DocumentShard> shards, Reading reading, Path folder)
            throws IOException, InterruptedException {
        int threads = Runtime.getRuntime().availableProcessors();
        Path counts = Files.createDirectory(folder.resolve("counts"));
        BpeTrainer.Resources resources = new BpeTrainer.Resources(threads, countingBytes, learningBytes, counts);
        try (BpeTrainer trainer = new BpeTrainer(tokenizer.vocabularySize(), tokenizer.tieRule(), resources)) {
            reading.each(shards, document -> document.texts().forEach(trainer::add));
            return trainer.train(reading::learned);
        } catch (EmptyCorpusException e) {
            throw new Refusal(TokenizationReason.CORPUS_WITHOUT_TEXT, e.getMessage(), e);
        } catch (LearningMemoryException e) {
            throw new Refusal(TokenizationReason.CORPUS_TOO_DIVERSE, e.getMessage(), e);
        }
    }

    private static List<DocumentShard> of(List<DocumentShard> shards, String split) {
        return shards.stream().filter(shard -> shard.split().equals(split)).toList();
    }

    private static long bytes(List<DocumentShard> shards) {
        return shards.stream().mapToLong(DocumentShard::textBytes).sum();
    }

    /** Documents in order, with a safe point after each; and what is learnt in between. */
    private final class Reading {
        private final Path local;
        private final long sourceBytes;
        private final SafePoint safePoint;
        private long readBytes;
        private int learnedTokens;

        Reading(Path local, long sourceBytes, SafePoint safePoint) {
            this.local = local;
            this.sourceBytes = sourceBytes;
            this.safePoint = safePoint;
        }

        void each(List<DocumentShard> shards, Consumer<Document> reader) throws IOException, InterruptedException {
            for (DocumentShard shard : shards) {
                files.fetch(shard.name(), local, shard.sha256());
                read(shard, reader);
            }
        }

        private void read(DocumentShard shard, Consumer<Document> reader) throws IOException, InterruptedException {
            long end = readBytes + shard.textBytes();
            try (DocumentShardReader documents = DocumentShardReader.open(local)) {
                while (documents.hasNext()) {
                    Document document = documents.next();
                    reader.accept(document);
                    // Characters are close enough to bytes until the shard's end, where the manifest knows.
                    for (String text : document.texts()) {
                        readBytes = Math.min(end, readBytes + text.length());
                    }
                    check();
                }
            } catch (CorruptFileException e) {
                throw new Refusal(TokenizationReason.CORPUS_CORRUPT, shard.name() + ": " + e.getMessage(), e);
            }
            readBytes = end;
            check();
        }

        void learned(int tokens) throws InterruptedException {
            learnedTokens = tokens;
            check();
        }

        private void check() throws InterruptedException {
            safePoint.check(new TrainingProgress(readBytes, sourceBytes, learnedTokens));
        }
    }
}
