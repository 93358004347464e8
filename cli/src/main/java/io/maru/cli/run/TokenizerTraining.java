package io.maru.cli.run;

import io.maru.cli.CommandFailure;
import io.maru.cli.Output;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CorpusSpec;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.WatchCorpusRequest;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.tokenization.v1.TrainTokenizerRequest;
import io.maru.tokenization.v1.WatchTokenizerRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Text on its way to a tokenizer, without a run around it. */
public final class TokenizerTraining {
    /** The share of documents that the report measures, and that nothing is learned from: a recipe's default. */
    private static final double VALIDATION_FRACTION = 0.1;

    private final Services services;
    private final Output output;

    public TokenizerTraining(Services services, Output output) {
        this.services = services;
        this.output = output;
    }

    /**
     * The name of a sealed corpus of these texts.
     *
     * @param kinds of text; of a file that is not in it the ending of its name tells
     */
    public String corpus(List<Path> texts, Map<Path, String> kinds) {
        List<String> sources = new ArrayList<>();
        texts.forEach(text -> sources.add(
                Upload.send(services, text, kinds.getOrDefault(text, "")).getName()));
        Corpus corpus = services.corpora()
                .createCorpus(CreateCorpusRequest.newBuilder()
                        .setRequestId(UUID.randomUUID().toString())
                        .addAllSources(sources)
                        .setSpec(CorpusSpec.newBuilder().setValidationFraction(VALIDATION_FRACTION))
                        .build());
        Iterator<Corpus> changes = services.corporaStream()
                .watchCorpus(WatchCorpusRequest.newBuilder()
                        .setName(corpus.getName())
                        .build());
        while (changes.hasNext()) {
            corpus = changes.next();
        }
        if (corpus.getState() != Corpus.State.SEALED) {
            throw CommandFailure.failed(
                    corpus.getFailureReason().isEmpty() ? corpus.getState().name() : corpus.getFailureReason(),
                    "%s: %s %s".formatted(corpus.getName(), corpus.getState(), corpus.getFailureMessage()));
        }
        output.say("%s: %,d documents", corpus.getName(), corpus.getDocuments());
        return corpus.getName();
    }

    /** The tokenizer in its final state. */
    public Tokenizer train(String corpus, int vocabularySize, TokenizerSpec.TieRule tieRule, String id) {
        Tokenizer tokenizer = services.tokenization()
                .trainTokenizer(TrainTokenizerRequest.newBuilder()
                        .setRequestId(UUID.randomUUID().toString())
                        .setTokenizerId(id)
                        .setCorpus(corpus)
                        .setSpec(TokenizerSpec.newBuilder()
                                .setVocabularySize(vocabularySize)
                                .setTieRule(tieRule))
                        .build());
        output.say("training %s", tokenizer.getName());
        Iterator<Tokenizer> changes = services.tokenizationStream()
                .watchTokenizer(WatchTokenizerRequest.newBuilder()
                        .setName(tokenizer.getName())
                        .build());
        long told = 0;
        long toldTokens = 0;
        while (changes.hasNext()) {
            tokenizer = changes.next();
            long tokenTenths = 10L * tokenizer.getLearnedTokens() / vocabularySize;
            if (tokenizer.getState() == Tokenizer.State.TRAINING && tokenTenths > toldTokens) {
                toldTokens = tokenTenths;
                output.say("  learned %,d of %,d tokens", tokenizer.getLearnedTokens(), vocabularySize);
            }
            long tenths =
                    tokenizer.getSourceBytes() == 0 ? 0 : 10 * tokenizer.getReadBytes() / tokenizer.getSourceBytes();
            if (tenths > told) {
                told = tenths;
                output.say("  read %,d of %,d bytes", tokenizer.getReadBytes(), tokenizer.getSourceBytes());
            }
        }
        return tokenizer;
    }
}
