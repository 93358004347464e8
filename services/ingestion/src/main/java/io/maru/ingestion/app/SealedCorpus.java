package io.maru.ingestion.app;

import io.maru.ingestion.domain.Tally;

/** A corpus whose manifest is stored. */
public record SealedCorpus(Tally tally, String manifestSha256) {}
