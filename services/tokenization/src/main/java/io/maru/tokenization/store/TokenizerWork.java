package io.maru.tokenization.store;

import io.maru.platform.error.Refusal;
import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;
import io.maru.tokenization.app.SafePoint;
import io.maru.tokenization.app.TokenizerTraining;
import io.maru.tokenization.app.TrainedTokenizer;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TrainingProgress;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Trains claimed tokenizers. A later attempt begins at the first document again and ends with the same bytes. */
public final class TokenizerWork implements Worker.Work {
    public static final String KIND = PostgresTokenizers.WORK;

    private final PostgresTokenizers tokenizers;
    private final TokenizerTraining training;
    private final Duration checkInterval;

    /** @param checkInterval between two looks at the database for a wish to cancel, which also tell the progress */
    public TokenizerWork(PostgresTokenizers tokenizers, TokenizerTraining training, Duration checkInterval) {
        this.tokenizers = tokenizers;
        this.training = training;
        this.checkInterval = checkInterval;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        Optional<Tokenizer> started = tokenizers.start(claim);
        if (started.isEmpty()) {
            return;
        }
        Tokenizer tokenizer = started.get();
        try {
            TrainedTokenizer trained = training.train(tokenizer, new ClaimedSafePoint(claim));
            tokenizers.ready(claim, tokenizer, trained);
        } catch (Refusal e) {
            if (e.reason() != TokenizationReason.TOKENIZER_CANCELLED) {
                throw e;
            }
            tokenizers.cancelled(claim);
        }
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        tokenizers.fail(claim, reason, message);
    }

    private final class ClaimedSafePoint implements SafePoint {
        private final Claim claim;
        private long checked = System.nanoTime();

        ClaimedSafePoint(Claim claim) {
            this.claim = claim;
        }

        @Override
        public void check(TrainingProgress progress) throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            long now = System.nanoTime();
            if (now - checked >= checkInterval.toNanos()) {
                checked = now;
                tokenizers.progressed(claim, progress);
            }
        }
    }
}
