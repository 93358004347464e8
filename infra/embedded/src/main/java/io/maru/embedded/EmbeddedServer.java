package io.maru.embedded;

/** One of the servers. {@link #close} may come at any time, also while {@link #start} still runs, and then stops what there is. */
interface EmbeddedServer extends AutoCloseable {
    /** Returns when clients are served. */
    void start() throws Exception;
}
