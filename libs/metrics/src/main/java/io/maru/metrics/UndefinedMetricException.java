package io.maru.metrics;

/** A metric was asked of nothing: a mean over no tokens or no bytes has no value, and NaN would spread unseen. */
public final class UndefinedMetricException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UndefinedMetricException(String metric, String count) {
        super(metric + ": of 0 " + count + " (expected: >= 1)");
    }
}
