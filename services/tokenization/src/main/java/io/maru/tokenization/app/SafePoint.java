package io.maru.tokenization.app;

import io.maru.tokenization.domain.TrainingProgress;

/** Where long work learns that it must stop. */
@FunctionalInterface
public interface SafePoint {
    /**
     * Called often, so it looks at the clock before it looks any further.
     *
     * @param progress as far as the work is; told to whoever watches
     * @throws InterruptedException where this process must let the work go
     * @throws io.maru.platform.error.Refusal TOKENIZER_CANCELLED
     */
    void check(TrainingProgress progress) throws InterruptedException;
}
