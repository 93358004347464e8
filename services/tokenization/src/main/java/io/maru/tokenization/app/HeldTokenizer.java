package io.maru.tokenization.app;

import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TrainingProgress;
import java.util.Optional;

/**
 * A tokenizer that this worker holds the lease on. Each method is one transaction that proves the lease first, so a worker
 * that lost it can write nothing.
 */
public interface HeldTokenizer {
    /** The tokenizer to train, now TRAINING; nothing, and the lease given back, where there is nothing to train any more. */
    Optional<Tokenizer> start();

    /** @throws io.maru.platform.error.Refusal TOKENIZER_CANCELLED where somebody has asked for that */
    void progress(TrainingProgress progress);

    /**
     * Writes that the tokenizer is READY, and gives the lease back.
     *
     * @throws io.maru.platform.error.Refusal TOKENIZER_CANCELLED where somebody was faster and asked for that
     */
    void ready(Tokenizer tokenizer, TrainedTokenizer trained);

    /** Writes that the work has stopped as somebody asked, and gives the lease back. */
    void cancelled();

    /** Writes that the tokenizer FAILED, and gives the lease back. */
    void fail(String reason, String message);
}
