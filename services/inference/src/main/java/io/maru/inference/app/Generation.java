package io.maru.inference.app;

import static io.maru.inference.domain.InferenceReason.MODEL_UNUSABLE;
import static io.maru.inference.domain.InferenceReason.READER_STALLED;

import io.maru.inference.domain.FinishReason;
import io.maru.inference.domain.Prompt;
import io.maru.model.decoding.Sampler;
import io.maru.model.decoding.SamplingOptions;
import io.maru.platform.error.Refusal;
import io.maru.tokenizer.SpecialTokens;
import io.maru.tokenizer.Utf8Stream;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes one text: it reads a prompt, and samples token after token, tells it, and reads it in turn.
 *
 * <p>No token is computed before the reader has room for it, nor after the reader is gone.
 */
public final class Generation extends DecodingRequest {
    private final Models models;
    private final Order order;
    private final Reader reader;
    private final Duration readerTimeout;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /**
     * What to generate.
     *
     * @param special what becomes of text in the prompt that is spelt like a special token
     * @param truncatePrompt whether a prompt that is too long loses its first tokens, or else is refused
     * @param maxTokens new tokens at most; 0 means as many as fit into the context
     */
    public record Order(
            String model,
            String prompt,
            SpecialTokens special,
            boolean truncatePrompt,
            int maxTokens,
            SamplingOptions sampling) {
        public Order {
            if (maxTokens < 0) {
                throw new IllegalArgumentException("maxTokens: " + maxTokens + " (expected: >= 0)");
            }
        }
    }

    /** Whoever waits for the text. Called by one thread at a time. */
    public interface Reader {
        /** Whether another token may come now; once this turns true, {@link Generation#wake} must be called. */
        boolean isReady();

        /** @param text the characters that the token completes, often none */
        void token(int id, String text);

        /** @param text what is left of a character that never became whole */
        void end(String text, FinishReason reason, Prompt prompt, int completionTokens);

        void fail(Throwable why);
    }

    /** @param readerTimeout how long a reader may have no room before the generation is given up */
    public Generation(DecodingSlots slots, Models models, Order order, Reader reader, Duration readerTimeout) {
        super(slots);
        this.models = models;
        this.order = order;
        this.reader = reader;
        this.readerTimeout = readerTimeout;
    }

    /** Says that the reader has room again. */
    public void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void cancel() {
        super.cancel();
        wake();
    }

    @Override
    void perform() throws InterruptedException {
        try (Models.Lease lease = models.acquire(order.model())) {
            if (!isCancelled()) {
                generate(lease.model());
            }
        }
    }

    private void generate(LanguageModel model) throws InterruptedException {
        int[] encoded = model.encode(order.prompt(), order.special());
        Prompt prompt = Prompt.of(encoded, model.block(), order.truncatePrompt());
        int maxTokens = prompt.room(order.maxTokens(), model.block());
        Sampler sampler = new Sampler(order.sampling());
        Utf8Stream text = model.tokenizer().newStream();
        int completion = 0;
        FinishReason reason = FinishReason.LENGTH;
        try (LanguageModel.Session session = model.open()) {
            float[] logits = session.prefill(prompt.tokens());
            while (awaitReader()) {
                int token = sample(sampler, logits);
                if (model.stopIds().contains(token)) {
                    reason = FinishReason.STOP;
                    break;
                }
                reader.token(token, text.append(token));
                completion++;
                if (completion == maxTokens || !awaitReader()) {
                    break;
                }
                logits = session.step(token);
            }
        }
        if (!isCancelled()) {
            reader.end(text.finish(), reason, prompt, completion);
        }
    }

    private int sample(Sampler sampler, float[] logits) {
        try {
            return sampler.next(logits);
        } catch (IllegalArgumentException e) {
            throw new Refusal(MODEL_UNUSABLE, order.model() + ": " + e.getMessage(), e);
        }
    }

    /** Waits until the reader has room. False if it is gone. */
    private boolean awaitReader() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = readerTimeout.toNanos();
            while (!isCancelled() && !reader.isReady()) {
                if (left <= 0) {
                    throw READER_STALLED.because(
                            "nothing was read for %s (expected: a reader that reads)", readerTimeout);
                }
                left = changed.awaitNanos(left);
            }
            return !isCancelled();
        } finally {
            lock.unlock();
        }
    }

    @Override
    void fail(Throwable why) {
        reader.fail(why);
    }
}
