package io.maru.tokenization.app;

/** Where long work learns that it must stop. */
@FunctionalInterface
public interface SafePoint {
    /**
     * Called often, so it looks at the clock before it looks any further.
     *
     * @throws InterruptedException where this process must let the work go
     * @throws io.maru.platform.error.Refusal TOKENIZER_CANCELLED
     */
    void check() throws InterruptedException;
}
