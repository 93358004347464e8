package io.maru.model;

/**
 * The loss or the gradient is no longer a finite number, so the weights are ruined. Training goes on from the last
 * checkpoint, with a lower learning rate or other data.
 */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long step;
    private final float loss;
    private final float gradientNorm;

    /** @param step that failed; the first is 1 */
    public DivergedException(long step, float loss, float gradientNorm) {
        super("step " + step + ": loss " + loss + ", gradient norm " + gradientNorm + " (expected: finite numbers)");
        this.step = step;
        this.loss = loss;
        this.gradientNorm = gradientNorm;
    }

    /** The optimiser step that failed; the first is 1. */
    public long step() {
        return step;
    }

    public float loss() {
        return loss;
    }

    public float gradientNorm() {
        return gradientNorm;
    }
}
