package io.maru.control.client;

import io.maru.control.domain.Attempt;
import io.maru.control.domain.Input;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.Role;
import io.maru.control.domain.StepKind;
import io.maru.tokenization.v1.CancelTokenizerRequest;
import io.maru.tokenization.v1.CheckTokenizerSpecRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.tokenization.v1.TrainTokenizerRequest;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A corpus gets a tokenizer of its own. */
public final class TokenizerStep extends ResourceStep<Tokenizer, TokenizerSpec, TokenizationServiceBlockingStub> {
    public TokenizerStep(TokenizationServiceBlockingStub stub, Duration deadline) {
        super(
                new StepKind("tokenizer", List.of(Input.needed(Role.CORPUS)), List.of(Role.TOKENIZER)),
                Role.TOKENIZER,
                "tokenizers",
                TokenizerSpec.getDefaultInstance(),
                "maru.tokenization",
                stub,
                deadline);
    }

    @Override
    Map<String, Double> check(TokenizationServiceBlockingStub service, TokenizerSpec spec, Draft draft) {
        TokenizerSpec completed = service.checkTokenizerSpec(
                        CheckTokenizerSpecRequest.newBuilder().setSpec(spec).build())
                .getSpec();
        return Map.of("vocabulary_size", (double) completed.getVocabularySize());
    }

    @Override
    Tokenizer create(TokenizationServiceBlockingStub service, Attempt attempt, TokenizerSpec spec) {
        return service.trainTokenizer(TrainTokenizerRequest.newBuilder()
                .setRequestId(attempt.requestId())
                .setTokenizerId(attempt.id())
                .setCorpus(attempt.need(Role.CORPUS))
                .setSpec(spec)
                .setRun(attempt.run())
                .setPriority(attempt.priority())
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
                        Map.of("tokens", (double) tokenizer.getTokens()),
                        String.format(
                                Locale.ROOT,
                                "%s: %d tokens of the %d asked for",
                                name,
                                tokenizer.getTokens(),
                                tokenizer.getSpec().getVocabularySize()));
            case FAILED -> failed(tokenizer.getFailureReason(), tokenizer.getFailureMessage());
            case CANCELLED -> cancelled(name);
            case STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(name, tokenizer.getState());
        };
    }
}
