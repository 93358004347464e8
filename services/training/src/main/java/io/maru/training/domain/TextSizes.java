package io.maru.training.domain;

import io.maru.platform.error.Violations;

/**
 * How much text a job is going to have, as far as it is known before there is a dataset.
 *
 * @param trainBytes in UTF-8; 0 where it is not known, as is {@code validationBytes}
 */
public record TextSizes(long trainBytes, long validationBytes) {

    /** Refuses a block that the text of a split cannot fill once. */
    public void check(ModelSpec model, Violations violations) {
        check("training", trainBytes, model, violations);
        check("validation", validationBytes, model, violations);
    }

    private static void check(String split, long bytes, ModelSpec model, Violations violations) {
        // A token is at least one byte, and an example needs one more token than the block: the last one's target.
        int block = model.block();
        if (bytes > 0 && block >= bytes) {
            violations.add(
                    "model.block",
                    Integer.toString(block),
                    "at most %d, since the %s split is about %d bytes".formatted(bytes - 1, split, bytes));
        }
    }
}
