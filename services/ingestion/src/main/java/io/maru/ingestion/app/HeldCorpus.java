package io.maru.ingestion.app;

import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.DocumentShard;
import io.maru.ingestion.domain.Tally;
import java.util.Optional;

/**
 * A corpus that this worker holds the lease on. Each method that changes something is one transaction that proves the lease
 * first, so a worker that lost it can write nothing.
 */
public interface HeldCorpus {
    /** The corpus to build, now RUNNING; nothing, and the lease given back, where there is nothing to build any more. */
    Optional<Corpus> start();

    /** @throws io.maru.platform.error.Refusal CORPUS_CANCELLED where somebody has asked for that */
    void progress(Tally tally);

    /** The digest under which an attempt has sealed the shard, if one has. */
    Optional<String> sealedShard(String name);

    /** Tells that the shard is sealed, once, however many attempts seal it. */
    void sealShard(DocumentShard shard, String run);

    /**
     * Writes that the corpus is SEALED, and gives the lease back.
     *
     * @throws io.maru.platform.error.Refusal CORPUS_CANCELLED where somebody was faster and asked for that
     */
    void seal(Corpus corpus, SealedCorpus sealed);

    /** Writes that the work has stopped as somebody asked, and gives the lease back. */
    void cancelled();

    /** Writes that the corpus FAILED, and gives the lease back. */
    void fail(String reason, String message);
}
