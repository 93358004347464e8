package io.maru.model.training;

/**
 * A step was not taken: its loss or its gradient is no finite number, or its loss is above the limit. Weights and moments
 * are as they were before it, and the trainer may be used further.
 */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long step;
    private final float loss;
    private final float gradientNorm;
    private final float lossLimit;

    /**
     * @param step that was not taken; the first is 1
     * @param lossLimit {@link Float#MAX_VALUE} where there was none
     */
    public DivergedException(long step, float loss, float gradientNorm, float lossLimit) {
        super("step " + step + ": loss " + loss + ", gradient norm " + gradientNorm + " (expected: "
                + (lossLimit == Float.MAX_VALUE ? "finite numbers" : "finite numbers, a loss of at most " + lossLimit)
                + ")");
        this.step = step;
        this.loss = loss;
        this.gradientNorm = gradientNorm;
        this.lossLimit = lossLimit;
    }

    /** The optimiser step that failed; the first is 1. */
    public long step() {
        return step;
    }

    /** Mean over the batch, in nats per token; may be no number. */
    public float loss() {
        return loss;
    }

    /** Length of the gradient before clipping; may be no number. */
    public float gradientNorm() {
        return gradientNorm;
    }

    /** What the loss was to be at most, in nats per token; {@link Float#MAX_VALUE} where there was no limit. */
    public float lossLimit() {
        return lossLimit;
    }
}
