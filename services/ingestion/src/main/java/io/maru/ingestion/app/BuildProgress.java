package io.maru.ingestion.app;

import io.maru.ingestion.domain.DocumentShard;
import io.maru.ingestion.domain.Tally;

/** Whom a build tells how far it is, and from whom it learns that it must stop. */
public interface BuildProgress {
    /**
     * A safe point; called often, so it looks at the clock first.
     *
     * @throws InterruptedException where this process must let the work go
     * @throws io.maru.platform.error.Refusal CORPUS_CANCELLED
     */
    void at(Tally tally) throws InterruptedException;

    /**
     * Whether an earlier attempt has sealed the shard, and so stored it.
     *
     * @throws io.maru.platform.error.Refusal SOURCE_CHANGED where that attempt sealed other bytes
     */
    boolean isSealed(DocumentShard shard);

    /** The shard is stored and will never change. */
    void sealed(DocumentShard shard);
}
