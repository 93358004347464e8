package io.maru.control.neighbour;

import static io.maru.control.domain.ControlReason.TOKENIZATION_UNAVAILABLE;
import static io.maru.control.domain.ControlReason.TOKENIZER_NOT_FOUND;
import static io.maru.control.domain.ControlReason.TOKENIZER_NOT_READY;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.maru.control.app.RegisteredTokenizers;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import io.maru.tokenization.v1.Tokenizer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The tokenizers that tokenization has. */
public final class TokenizerCatalog implements RegisteredTokenizers {
    private final TokenizationServiceBlockingStub stub;
    private final Duration deadline;

    /** @param deadline of each call */
    public TokenizerCatalog(TokenizationServiceBlockingStub stub, Duration deadline) {
        this.stub = stub;
        this.deadline = deadline;
    }

    @Override
    public int tokens(String name) {
        Tokenizer tokenizer = get(name);
        if (tokenizer.getState() != Tokenizer.State.READY) {
            throw TOKENIZER_NOT_READY.because("tokenizer.use: %s is %s (expected: READY)", name, tokenizer.getState());
        }
        return tokenizer.getTokens();
    }

    private Tokenizer get(String name) {
        try {
            return stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
                    .getTokenizer(GetTokenizerRequest.newBuilder().setName(name).build());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                throw new Refusal(
                        TOKENIZER_NOT_FOUND,
                        "tokenizer.use: there is no %s (expected: one of ListTokenizers)".formatted(name),
                        e);
            }
            throw new Refusal(
                    TOKENIZATION_UNAVAILABLE,
                    "tokenizer.use: tokenization did not say whether there is %s; try again".formatted(name),
                    e);
        }
    }
}
