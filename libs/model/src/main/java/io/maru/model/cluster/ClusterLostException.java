package io.maru.model.cluster;

/**
 * Another process of a cluster died or does not answer, and TensorFlow cannot go on in this one either: the process must
 * end. What was saved is not lost.
 */
public final class ClusterLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ClusterLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
