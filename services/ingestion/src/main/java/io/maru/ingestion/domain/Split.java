package io.maru.ingestion.domain;

import io.maru.formats.Document;
import java.util.Locale;

/** What a document is for. */
public enum Split {
    TRAIN,
    VALIDATION;

    /** Hexadecimal digits of a document's id that choose its split: as many bits as a double holds exactly. */
    private static final int DIGITS = 13;

    /**
     * A document's id is a hash of its text, so its first digits are a uniform number in [0, 1): below
     * {@code validationFraction} it is for validation. The same text goes the same way in every corpus.
     */
    public static Split of(Document document, double validationFraction) {
        long digits = Long.parseLong(document.id().substring(0, DIGITS), 16);
        return digits / (double) (1L << (4 * DIGITS)) < validationFraction ? VALIDATION : TRAIN;
    }

    /** As it stands in manifests, events and shard names. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
