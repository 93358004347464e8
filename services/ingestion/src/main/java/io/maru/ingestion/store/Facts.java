package io.maru.ingestion.store;

import io.maru.ingestion.app.SealedCorpus;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.DocumentShard;
import io.maru.ingestion.v1.CorpusFailed;
import io.maru.ingestion.v1.CorpusSealed;
import io.maru.ingestion.v1.ShardSealed;
import io.maru.platform.event.Fact;

/** What ingestion tells on Kafka. Each is appended to the outbox in the transaction that makes it true. */
final class Facts {
    private Facts() {}

    static Fact shardSealed(DocumentShard shard, String run) {
        return Fact.of(
                "maru.shard.sealed.v1",
                shard.corpus(),
                run,
                ShardSealed.newBuilder()
                        .setShard(shard.name())
                        .setCorpus(shard.corpus())
                        .setSha256(shard.sha256())
                        .setSize(shard.size())
                        .setDocuments(shard.documents())
                        .setTextBytes(shard.textBytes())
                        .setSplit(shard.split().label())
                        .build());
    }

    static Fact corpusSealed(Corpus corpus, SealedCorpus sealed) {
        return Fact.of(
                "maru.corpus.sealed.v1",
                corpus.name(),
                corpus.run(),
                CorpusSealed.newBuilder()
                        .setCorpus(corpus.name())
                        .setManifestSha256(sealed.manifestSha256())
                        .setDocuments(sealed.tally().documents())
                        .setDuplicates(sealed.tally().duplicates())
                        .setTrainBytes(sealed.tally().trainBytes())
                        .setValidationBytes(sealed.tally().validationBytes())
                        .setShards(sealed.tally().shards())
                        .build());
    }

    static Fact corpusFailed(Corpus corpus, String reason, String message) {
        return Fact.of(
                "maru.corpus.failed.v1",
                corpus.name(),
                corpus.run(),
                CorpusFailed.newBuilder()
                        .setCorpus(corpus.name())
                        .setReason(reason)
                        .setMessage(message)
                        .build());
    }
}
