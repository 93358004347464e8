package io.maru.ingestion.work;

import io.maru.ingestion.app.BuildProgress;
import io.maru.ingestion.app.CorpusBuilder;
import io.maru.ingestion.app.HeldCorpus;
import io.maru.ingestion.app.IngestionCounts;
import io.maru.ingestion.app.SealedCorpus;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.DocumentShard;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.Tally;
import io.maru.platform.error.Refusal;
import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Builds claimed corpora. A later attempt begins at the first source again and meets the same shards, which are stored
 * and told of already.
 */
public final class CorpusWork implements Worker.Work {
    private final Function<Claim, HeldCorpus> corpora;
    private final CorpusBuilder builder;
    private final Duration progressInterval;
    private final IngestionCounts counts;

    /**
     * @param corpora the corpus under a claim
     * @param progressInterval between two looks at the database: for progress, and whether somebody has asked to cancel
     */
    public CorpusWork(
            Function<Claim, HeldCorpus> corpora,
            CorpusBuilder builder,
            Duration progressInterval,
            IngestionCounts counts) {
        this.corpora = corpora;
        this.builder = builder;
        this.progressInterval = progressInterval;
        this.counts = counts;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        HeldCorpus held = corpora.apply(claim);
        Optional<Corpus> started = held.start();
        if (started.isEmpty()) {
            return;
        }
        Corpus corpus = started.get();
        try {
            SealedCorpus sealed = builder.build(corpus, new HeldProgress(held, corpus.run()));
            held.seal(corpus, sealed);
            counts.corpusSealed(sealed.tally());
        } catch (Refusal e) {
            if (e.reason() != IngestionReason.CORPUS_CANCELLED) {
                throw e;
            }
            held.cancelled();
        }
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        corpora.apply(claim).fail(reason, message);
    }

    private final class HeldProgress implements BuildProgress {
        private final HeldCorpus corpus;
        private final String run;
        private long told = System.nanoTime();

        HeldProgress(HeldCorpus corpus, String run) {
            this.corpus = corpus;
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
                corpus.progress(tally);
            }
        }

        @Override
        public boolean isSealed(DocumentShard shard) {
            Optional<String> sha256 = corpus.sealedShard(shard.name());
            if (sha256.isPresent() && !sha256.get().equals(shard.sha256())) {
                throw IngestionReason.SOURCE_CHANGED.because(
                        "%s: sha256 is %s (expected: %s, as an earlier attempt sealed it; a source must have changed)",
                        shard.name(), shard.sha256(), sha256.get());
            }
            return sha256.isPresent();
        }

        @Override
        public void sealed(DocumentShard shard) {
            corpus.sealShard(shard, run);
        }
    }
}
