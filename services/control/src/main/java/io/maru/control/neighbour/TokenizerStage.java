package io.maru.control.neighbour;

import io.maru.control.domain.Progress;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.Stage;
import io.maru.tokenization.v1.CancelTokenizerRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.tokenization.v1.TrainTokenizerRequest;
import java.time.Duration;

/**
 * A corpus gets a tokenizer of its own; or the recipe names a registered one, and there is nothing to train. That one is
 * never cancelled: a cancel goes to the name that a tokenizer of this run alone would have.
 */
public final class TokenizerStage extends ResourceStage<Tokenizer, TokenizationServiceBlockingStub> {
    public TokenizerStage(TokenizationServiceBlockingStub stub, Duration deadline) {
        super("maru.tokenization", Result.TOKENIZER, "tokenizers", stub, deadline);
    }

    @Override
    Tokenizer create(TokenizationServiceBlockingStub service, Run run, Recipe recipe) {
        if (recipe.tokenizer().use().isPresent()) {
            return get(service, recipe.tokenizer().use().get());
        }
        return service.trainTokenizer(TrainTokenizerRequest.newBuilder()
                .setRequestId(Stage.TRAIN_TOKENIZER.requestId(run.name()))
                .setTokenizerId(run.id())
                .setCorpus(run.need(Result.CORPUS))
                .setSpec(TokenizerSpec.newBuilder()
                        .setVocabularySize(recipe.tokenizer().vocabularySize()))
                .setRun(run.name())
                .build());
    }

    @Override
    Tokenizer get(TokenizationServiceBlockingStub service, String name) {
        return service.getTokenizer(
                GetTokenizerRequest.newBuilder().setName(name).build());
    }

    @Override
    Tokenizer cancel(TokenizationServiceBlockingStub service, String name) {
        return service.cancelTokenizer(
                CancelTokenizerRequest.newBuilder().setName(name).build());
    }

    @Override
    Report report(Tokenizer tokenizer) {
        String name = tokenizer.getName();
        return switch (tokenizer.getState()) {
            case PENDING, TRAINING, CANCELLING ->
                new Report.Working(
                        Progress.of(tokenizer.getReadBytes(), tokenizer.getSourceBytes(), "bytes"), made(name));
            case READY ->
                new Report.Finished(
                        Progress.of(tokenizer.getSourceBytes(), tokenizer.getSourceBytes(), "bytes"),
                        made(name),
                        "%s: %d tokens of the %d asked for"
                                .formatted(
                                        name,
                                        tokenizer.getTokens(),
                                        tokenizer.getSpec().getVocabularySize()));
            case FAILED -> failed(tokenizer.getFailureReason(), tokenizer.getFailureMessage());
            case CANCELLED -> cancelled(name);
            case STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(name, tokenizer.getState());
        };
    }
}
