package io.maru.model.training;

/** How a learning rate comes down from its peak to its floor. */
public enum Decay {
    /** Half a cosine. Source: I. Loshchilov, F. Hutter, "SGDR", 2017, without restarts. */
    COSINE {
        @Override
        double height(double progress) {
            return 0.5 * (1 + StrictMath.cos(Math.PI * progress));
        }
    },
    LINEAR {
        @Override
        double height(double progress) {
            return 1 - progress;
        }
    },
    /**
     * Warm-up, stable, decay: stays at the peak and comes down in a line over the last fifth. Source: S. Hu and others,
     * "MiniCPM", 2024.
     */
    WSD {
        @Override
        double height(double progress) {
            return progress < STABLE ? 1 : (1 - progress) / (1 - STABLE);
        }
    },
    /** Stays at the peak, even after the end. */
    CONSTANT {
        @Override
        double height(double progress) {
            return 1;
        }
    };

    private static final double STABLE = 0.8;

    /**
     * What is left of the way from floor to peak.
     *
     * @param progress from the end of the warm-up, at 0, to that of the run, at 1
     */
    abstract double height(double progress);
}
