package io.maru.model.random;

/**
 * A stream of random numbers that is the same on every machine, JDK and accelerator: what a seed once gave it gives for
 * ever, since checkpoints and batch orders rest on it.
 *
 * <p>Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
 */
public final class SplitMix64 {
    private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

    private long state;

    public SplitMix64(long seed) {
        this.state = seed;
    }

    /** A bijection of 64 bits in which every bit of the input moves about half of the output's. */
    public static long mix(long z) {
        z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }

    /** The stream that this one would be after so many numbers of {@link #nextLong}; a Gaussian takes two. */
    public SplitMix64 ahead(long numbers) {
        return new SplitMix64(state + numbers * GOLDEN_GAMMA);
    }

    long nextLong() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** Uniform in [0, 1), in steps of 2^-53. */
    public double nextDouble() {
        return (nextLong() >>> 11) * 0x1p-53;
    }

    /** Normal with mean 0 and variance 1, by Box and Muller. */
    public double nextGaussian() {
        // 1 - u lies in (0, 1], where the logarithm is finite. StrictMath gives the same bits everywhere; Math need
        // not.
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble()));
        return radius * StrictMath.cos(2 * Math.PI * nextDouble());
    }
}
