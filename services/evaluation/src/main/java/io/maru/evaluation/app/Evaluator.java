package io.maru.evaluation.app;

import static io.maru.evaluation.domain.EvaluationReason.DATASET_UNUSABLE;
import static io.maru.evaluation.domain.EvaluationReason.MODEL_VERSION_UNUSABLE;

import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.State;
import io.maru.evaluation.domain.Tally;
import io.maru.evaluation.domain.TextTokens;
import io.maru.evaluation.domain.Window;
import io.maru.evaluation.domain.Windows;
import io.maru.formats.CorruptFileException;
import io.maru.formats.Manifest;
import io.maru.formats.TokenShardReader;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.file.Folders;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores a validation split, batch by batch, and writes the sums after each. An evaluation that was cut off goes on after
 * the last batch that was written, and ends with the same bits.
 */
public final class Evaluator {
    /** What a Score request may hold. */
    private static final int MAX_SEQUENCES = 256;

    private final SealedFolders folders;
    private final LanguageModels models;
    private final Path directory;
    private final int batchTokens;

    /**
     * @param directory for copies of the split; each evaluation removes its own
     * @param batchTokens in one Score request, at most
     */
    public Evaluator(SealedFolders folders, LanguageModels models, Path directory, int batchTokens) {
        this.folders = folders;
        this.models = models;
        this.directory = directory;
        this.batchTokens = batchTokens;
    }

    /**
     * Does the work to its end, or until the evaluation is cancelled.
     *
     * @throws Refusal INFERENCE_UNAVAILABLE or OBJECT_STORE_UNAVAILABLE where it should go on later; any other is final
     */
    public void evaluate(Journal journal) throws IOException, InterruptedException {
        Evaluation evaluation = journal.read();
        if (evaluation.state() == State.CANCELLING || evaluation.state().isFinal()) {
            journal.cancel();
            return;
        }
        Inputs inputs = Inputs.of(folders, evaluation.dataset(), evaluation.modelVersion());
        LanguageModels.Shape model = models.load(evaluation.modelVersion());
        Files.createDirectories(directory);
        Path copies = Files.createTempDirectory(directory, "split-");
        List<TokenShardReader> shards = new ArrayList<>();
        try {
            TextTokens text = fetchTokenizer(evaluation, inputs, copies, model);
            for (int i = 0; i < inputs.validation().size(); i++) {
                shards.add(fetchShard(evaluation, inputs, i, copies, text));
            }
            score(journal, evaluation, shards, text, model.block());
        } finally {
            shards.forEach(TokenShardReader::close);
            Folders.delete(copies);
        }
    }

    private void score(
            Journal journal, Evaluation evaluation, List<TokenShardReader> shards, TextTokens text, int block)
            throws InterruptedException {
        long scoredTokens = Windows.scoredTokens(shards, text);
        if (scoredTokens == 0) {
            throw DATASET_UNUSABLE.because(
                    "%s: 0 tokens of text to score in the validation split (expected: at least 1)",
                    evaluation.dataset());
        }
        long tokens = evaluation.maxTokens() == 0 ? scoredTokens : Math.min(evaluation.maxTokens(), scoredTokens);
        Tally tally = evaluation.tally();
        Windows windows = new Windows(shards, block, text, tally, tokens);
        State state = journal.start(tokens);
        while (state == State.RUNNING) {
            List<Window> batch = windows.next(MAX_SEQUENCES, batchTokens);
            if (batch.isEmpty()) {
                journal.succeed();
                return;
            }
            List<float[]> scores = models.score(
                    evaluation.modelVersion(),
                    batch.stream().map(Window::tokens).toList());
            for (int i = 0; i < batch.size(); i++) {
                tally = tally.plus(batch.get(i), scores.get(i), text);
            }
            state = journal.record(tally);
        }
        journal.cancel();
    }

    private TextTokens fetchTokenizer(Evaluation evaluation, Inputs inputs, Path copies, LanguageModels.Shape model)
            throws IOException {
        Path file = copies.resolve("tokenizer.json");
        folders.fetch(evaluation.dataset(), inputs.tokenizer(), file);
        TextTokens text;
        try {
            text = new TextTokens(BpeTokenizer.read(file));
        } catch (TokenizerFormatException e) {
            throw new Refusal(DATASET_UNUSABLE, evaluation.dataset() + "/tokenizer.json: " + e.getMessage(), e);
        }
        if (text.vocabularySize() > model.vocabularySize()) {
            throw MODEL_VERSION_UNUSABLE.because(
                    "%s: vocabulary of %d (expected: at least %d, the tokenizer's)",
                    evaluation.modelVersion(), model.vocabularySize(), text.vocabularySize());
        }
        return text;
    }

    private TokenShardReader fetchShard(Evaluation evaluation, Inputs inputs, int index, Path copies, TextTokens text)
            throws IOException {
        Manifest.Entry entry = inputs.validation().get(index);
        // Named by its place: a key comes from a manifest, and never becomes a path here.
        Path file = copies.resolve("shard-" + index);
        folders.fetch(evaluation.dataset(), entry, file);
        TokenShardReader shard;
        try {
            shard = TokenShardReader.open(file);
        } catch (CorruptFileException e) {
            throw new Refusal(
                    CommonReason.OBJECT_CORRUPT,
                    "%s/%s: %s: %s (expected: %s)"
                            .formatted(evaluation.dataset(), entry.key(), e.place(), e.found(), e.expected()),
                    e);
        }
        if (!shard.header().tokenizerSha256().equals(inputs.tokenizer().sha256())
                || shard.header().vocabularySize() != text.vocabularySize()) {
            shard.close();
            throw DATASET_UNUSABLE.because(
                    "%s/%s: tokens of tokenizer %s, vocabulary %d (expected: %s, %d)",
                    evaluation.dataset(),
                    entry.key(),
                    shard.header().tokenizerSha256(),
                    shard.header().vocabularySize(),
                    inputs.tokenizer().sha256(),
                    text.vocabularySize());
        }
        return shard;
    }
}
