package io.maru.ingestion.app;

import io.maru.ingestion.domain.Tally;

/** What ingestion counts for whoever operates it. */
public interface IngestionCounts {
    void uploaded(long bytes);

    void uploadRefused();

    void corpusSealed(Tally tally);
}
