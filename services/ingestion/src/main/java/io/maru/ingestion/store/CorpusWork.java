package io.maru.ingestion.store;

import io.maru.ingestion.app.BuildProgress;
import io.maru.ingestion.app.CorpusBuilder;
import io.maru.ingestion.app.SealedCorpus;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.DocumentShard;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.Tally;
import io.maru.platform.error.Refusal;
import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Builds claimed corpora. A later attempt begins at the first source again and meets the same shards, which are stored
 * and told of already.
 */
public final class CorpusWork implements Worker.Work {
    public static final String KIND = PostgresCorpora.WORK;

    private final PostgresCorpora corpora;
    private final CorpusBuilder builder;
    private final Duration progressInterval;
    private final MeterRegistry meters;

    /** @param progressInterval between two looks at the database: for progress, and for a wish to cancel */
    public CorpusWork(PostgresCorpora corpora, CorpusBuilder builder, Duration progressInterval, MeterRegistry meters) {
        this.corpora = corpora;
        this.builder = builder;
        this.progressInterval = progressInterval;
        this.meters = meters;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        Optional<Corpus> started = corpora.start(claim);
        if (started.isEmpty()) {
            return;
        }
        Corpus corpus = started.get();
        try {
            SealedCorpus sealed = builder.build(corpus, new ClaimedProgress(claim, corpus.run()));
            corpora.seal(claim, corpus, sealed);
            meters.counter("maru_ingestion_documents")
                    .increment((double) sealed.tally().documents());
            meters.counter("maru_ingestion_duplicates")
                    .increment((double) sealed.tally().duplicates());
            meters.counter("maru_ingestion_text_bytes")
                    .increment((double) sealed.tally().trainBytes()
                            + sealed.tally().validationBytes());
        } catch (Refusal e) {
            if (e.reason() != IngestionReason.CORPUS_CANCELLED) {
                throw e;
            }
            corpora.cancelled(claim);
        }
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        corpora.fail(claim, reason, message);
    }

    private final class ClaimedProgress implements BuildProgress {
        private final Claim claim;
        private final String run;
        private long told = System.nanoTime();

        ClaimedProgress(Claim claim, String run) {
            this.claim = claim;
            this.run = run;
        }

        @Override
        public void at(Tally tally) throws InterruptedException {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            long now = System.nanoTime();
            if (now - told >= progressInterval.toNanos()) {
                told = now;
                corpora.progress(claim, tally);
            }
        }

        @Override
        public boolean isSealed(DocumentShard shard) {
            Optional<String> sha256 = corpora.sealedShard(shard.name());
            if (sha256.isPresent() && !sha256.get().equals(shard.sha256())) {
                throw IngestionReason.SOURCE_CHANGED.because(
                        "%s: sha256 is %s (expected: %s, as an earlier attempt sealed it; a source must have changed)",
                        shard.name(), shard.sha256(), sha256.get());
            }
            return sha256.isPresent();
        }

        @Override
        public void sealed(DocumentShard shard) {
            corpora.sealedShard(claim, shard, run);
        }
    }
}
