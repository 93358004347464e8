package io.maru.ingestion.domain;

/**
 * How documents are made of sources.
 *
 * @param validationFraction the share of documents that go to the validation split; at least 0 and below 1
 * @param strict whether a line of text that is longer than the limit is refused; else it is cut
 */
public record CorpusSpec(double validationFraction, CorpusFormat format, boolean strict) {
    public CorpusSpec {
        // Written so that it refuses NaN.
        if (!(validationFraction >= 0 && validationFraction < 1)) {
            throw new IllegalArgumentException(
                    "validationFraction: " + validationFraction + " (expected: at least 0 and below 1)");
        }
        // Negative zero would be another manifest than zero.
        validationFraction = validationFraction + 0.0;
    }
}
