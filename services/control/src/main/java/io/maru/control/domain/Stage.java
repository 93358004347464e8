package io.maru.control.domain;

import java.util.Locale;
import java.util.Optional;

/** The rooms that a run passes, in this order. */
public enum Stage {
    INGEST,
    TRAIN_TOKENIZER,
    ENCODE,
    TRAIN,
    PUBLISH,
    EVALUATE,
    SERVE;

    /** Empty after the last. */
    public Optional<Stage> next() {
        return ordinal() + 1 < values().length ? Optional.of(values()[ordinal() + 1]) : Optional.empty();
    }

    /** The id under which this stage's command may be repeated without a second effect, as in {@code runs/r/train-tokenizer}. */
    public String requestId(String run) {
        return run + "/" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
