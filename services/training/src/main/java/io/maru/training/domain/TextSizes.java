package io.maru.training.domain;

import io.maru.platform.error.Violations;
import java.util.OptionalLong;

/**
 * How much text a job is going to have, as far as it is known before there is a dataset.
 *
 * @param trainBytes in UTF-8, as are {@code validationBytes}
 */
public record TextSizes(OptionalLong trainBytes, OptionalLong validationBytes) {

    private static final String BLOCK = "model.block";

    /**
     * Refuses a text that has no validation split, and a block that the text of a split cannot fill once, unless the block is
     * refused already.
     */
    public void check(ModelSpec model, Violations violations) {
        if (validationBytes.equals(OptionalLong.of(0))) {
            violations.add(
                    "", "no text to validate with", "a dataset with a validation split; validationFraction makes one");
            return;
        }
        if (violations.list().stream().anyMatch(violation -> violation.path().equals(BLOCK))) {
            return;
        }
        long train = trainBytes.orElse(Long.MAX_VALUE);
        long bytes = Math.min(train, validationBytes.orElse(Long.MAX_VALUE));
        // A token is at least one byte, and an example needs one more token than the block: the last one's target.
        if (model.block() >= bytes) {
            violations.add(
                    BLOCK,
                    Integer.toString(model.block()),
                    "at most " + (bytes - 1) + ", since the " + (bytes < train ? "validation" : "training")
                            + " split is about " + bytes + " bytes");
        }
    }
}
