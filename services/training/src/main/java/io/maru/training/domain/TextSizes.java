package io.maru.training.domain;

import io.maru.platform.error.Violations;
import java.util.Locale;

/**
 * How much text a job is going to have, as far as it is known before there is a dataset.
 *
 * @param trainBytes in UTF-8; 0 where it is not known, as is {@code validationBytes}
 */
public record TextSizes(long trainBytes, long validationBytes) {

    private static final String BLOCK = "model.block";

    /** Refuses a block that the text of a split cannot fill once, unless the block is refused already. */
    public void check(ModelSpec model, Violations violations) {
        if (violations.list().stream().anyMatch(violation -> violation.path().equals(BLOCK))) {
            return;
        }
        boolean validation = validationBytes > 0 && (trainBytes == 0 || validationBytes < trainBytes);
        long bytes = validation ? validationBytes : trainBytes;
        // A token is at least one byte, and an example needs one more token than the block: the last one's target.
        if (bytes > 0 && model.block() >= bytes) {
            violations.add(
                    BLOCK,
                    Integer.toString(model.block()),
                    String.format(
                            Locale.ROOT,
                            "at most %d, since the %s split is about %d bytes",
                            bytes - 1,
                            validation ? "validation" : "training",
                            bytes));
        }
    }
}
