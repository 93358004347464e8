package io.maru.training.domain;

import java.util.List;

/**
 * A step that was not taken, or a validation without a number.
 *
 * @param step that was tried; the first is 1
 * @param batch of the step, counted from 0
 * @param loss in nats per token; may be no number
 * @param gradientNorm before clipping; may be no number
 * @param limit the largest loss that is no spike; 0 where there is none
 * @param documents what the rows of the batch hold
 * @param action what is done about it
 * @param message a sentence
 */
public record Divergence(
        long step,
        long batch,
        double loss,
        double gradientNorm,
        double limit,
        List<Passage> documents,
        Action action,
        String message) {
    /** What is done about it. */
    public enum Action {
        PAUSED,
        SKIPPED,
        ROLLED_BACK,
        FAILED
    }

    /**
     * Neighbouring documents of a shard; the first and the last whole or in part.
     *
     * @param shard {@code datasets/{dataset}/shards/{shard}}
     * @param first counted from 0 within the shard
     */
    public record Passage(String shard, long first, long last) {}

    public Divergence {
        documents = List.copyOf(documents);
    }
}
