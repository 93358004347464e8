package io.maru.metrics;

/**
 * How well a language model foretold a text, as sums: scores of parts add up to the score of the whole, however the text
 * was cut, which means of means do not.
 *
 * <p>Perplexity counts per token, so two models compare only if they share a tokenizer. Bits per byte compare across
 * tokenizers.
 *
 * @param negativeLogLikelihood sum of {@code -ln p(token | tokens before it)} over the predicted tokens, in nats
 * @param tokens how many tokens were predicted; a text's first token, which nothing precedes, is not
 * @param bytes length of the predicted tokens' text in UTF-8
 */
public record LanguageModelScore(double negativeLogLikelihood, long tokens, long bytes) {
    /** The score of no text: {@code EMPTY.plus(score)} is {@code score}. */
    public static final LanguageModelScore EMPTY = new LanguageModelScore(0, 0, 0);

    private static final double LN_2 = Math.log(2);

    /** @throws IllegalArgumentException if a sum is not finite, a count negative, or there is likelihood of no tokens */
    public LanguageModelScore {
        if (!Double.isFinite(negativeLogLikelihood) || negativeLogLikelihood < 0) {
            throw new IllegalArgumentException(
                    "negativeLogLikelihood: " + negativeLogLikelihood + " (expected: finite and >= 0)");
        }
        requireCount("tokens", tokens);
        requireCount("bytes", bytes);
        if (tokens == 0 && negativeLogLikelihood > 0) {
            throw new IllegalArgumentException(
                    "negativeLogLikelihood: " + negativeLogLikelihood + " (expected: 0 for 0 tokens)");
        }
    }

    private static void requireCount(String name, long count) {
        if (count < 0) {
            throw new IllegalArgumentException(name + ": " + count + " (expected: >= 0)");
        }
    }

    /**
     * The score of this text and another together.
     *
     * @throws ArithmeticException if a count overflows
     */
    public LanguageModelScore plus(LanguageModelScore other) {
        return new LanguageModelScore(
                negativeLogLikelihood + other.negativeLogLikelihood,
                Math.addExact(tokens, other.tokens),
                Math.addExact(bytes, other.bytes));
    }

    /**
     * Mean negative log likelihood in nats per token.
     *
     * <p>Source: Shannon 1948, "A Mathematical Theory of Communication"; the empirical cross-entropy of text and model.
     *
     * @throws UndefinedMetricException if there are no tokens
     */
    public double crossEntropy() {
        return crossEntropy("crossEntropy");
    }

    /**
     * {@code exp(crossEntropy)}: among how many equally likely tokens the model wavers. Infinite if that is beyond a
     * double, above some 709 nats per token.
     *
     * <p>Source: Jelinek, Mercer, Bahl, Baker 1977, "Perplexity - a measure of the difficulty of speech recognition
     * tasks".
     *
     * @throws UndefinedMetricException if there are no tokens
     */
    public double perplexity() {
        return Math.exp(crossEntropy("perplexity"));
    }

    /**
     * {@code negativeLogLikelihood / (ln 2 * bytes)}: bits that a compressor with this model would need per byte of text.
     *
     * <p>Source: Gao et al. 2020, "The Pile: An 800GB Dataset of Diverse Text for Language Modeling", section 3.1.
     *
     * @throws UndefinedMetricException if there are no bytes
     */
    public double bitsPerByte() {
        if (bytes == 0) {
            throw new UndefinedMetricException("bitsPerByte", "bytes");
        }
        return negativeLogLikelihood / bytes / LN_2;
    }

    private double crossEntropy(String metric) {
        if (tokens == 0) {
            throw new UndefinedMetricException(metric, "tokens");
        }
        return negativeLogLikelihood / tokens;
    }
}
