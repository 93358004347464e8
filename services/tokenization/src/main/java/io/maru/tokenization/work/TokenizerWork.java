package io.maru.tokenization.work;

import io.maru.platform.error.Refusal;
import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;
import io.maru.tokenization.app.HeldTokenizer;
import io.maru.tokenization.app.SafePoint;
import io.maru.tokenization.app.TokenizerTraining;
import io.maru.tokenization.app.TrainedTokenizer;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TrainingProgress;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/** Trains claimed tokenizers. A later attempt begins at the first document again and ends with the same bytes. */
public final class TokenizerWork implements Worker.Work {
    private final Function<Claim, HeldTokenizer> tokenizers;
    private final TokenizerTraining training;
    private final Duration checkInterval;

    /**
     * @param tokenizers the tokenizer under a claim
     * @param checkInterval between two looks whether somebody has asked to cancel, which also tell the progress
     */
    public TokenizerWork(
            Function<Claim, HeldTokenizer> tokenizers, TokenizerTraining training, Duration checkInterval) {
        this.tokenizers = tokenizers;
        this.training = training;
        this.checkInterval = checkInterval;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        HeldTokenizer held = tokenizers.apply(claim);
        Optional<Tokenizer> started = held.start();
        if (started.isEmpty()) {
            return;
        }
        Tokenizer tokenizer = started.get();
        try {
            TrainedTokenizer trained = training.train(tokenizer, new HeldSafePoint(held));
            held.ready(tokenizer, trained);
        } catch (Refusal e) {
            if (e.reason() != TokenizationReason.TOKENIZER_CANCELLED) {
                throw e;
            }
            held.cancelled();
        }
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        tokenizers.apply(claim).fail(reason, message);
    }

    private final class HeldSafePoint implements SafePoint {
        private final HeldTokenizer tokenizer;
        private long checked = System.nanoTime();

        HeldSafePoint(HeldTokenizer tokenizer) {
            this.tokenizer = tokenizer;
        }

        @Override
        public void check(TrainingProgress progress) throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            long now = System.nanoTime();
            if (now - checked >= checkInterval.toNanos()) {
                checked = now;
                tokenizer.progress(progress);
            }
        }
    }
}
