package io.maru.tokenization.store;

import io.maru.platform.event.Fact;
import io.maru.tokenization.app.TrainedTokenizer;
import io.maru.tokenization.domain.Dataset;
import io.maru.tokenization.domain.TokenShard;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.v1.DatasetFailed;
import io.maru.tokenization.v1.DatasetSealed;
import io.maru.tokenization.v1.TokenShardSealed;
import io.maru.tokenization.v1.TokenizerFailed;
import io.maru.tokenization.v1.TokenizerImported;
import io.maru.tokenization.v1.TokenizerTrained;

/** What tokenization tells on Kafka. Each is appended to the outbox in the transaction that makes it true. */
final class Facts {
    private Facts() {}

    static Fact tokenizerTrained(Tokenizer tokenizer, TrainedTokenizer trained) {
        return Fact.of(
                "maru.tokenizer.trained.v1",
                tokenizer.name(),
                tokenizer.run(),
                TokenizerTrained.newBuilder()
                        .setTokenizer(tokenizer.name())
                        .setCorpus(tokenizer.corpus())
                        .setTokens(trained.tokens())
                        .setSha256(trained.sha256())
                        .build());
    }

    static Fact tokenizerImported(Tokenizer tokenizer) {
        return Fact.of(
                "maru.tokenizer.imported.v1",
                tokenizer.name(),
                tokenizer.run(),
                TokenizerImported.newBuilder()
                        .setTokenizer(tokenizer.name())
                        .setTokens(tokenizer.tokens())
                        .setSha256(tokenizer.sha256())
                        .build());
    }

    static Fact tokenizerFailed(Tokenizer tokenizer) {
        return Fact.of(
                "maru.tokenizer.failed.v1",
                tokenizer.name(),
                tokenizer.run(),
                TokenizerFailed.newBuilder()
                        .setTokenizer(tokenizer.name())
                        .setReason(tokenizer.failureReason())
                        .setMessage(tokenizer.failureMessage())
                        .build());
    }

    static Fact tokenShardSealed(TokenShard shard, String run) {
        return Fact.of(
                "maru.token-shard.sealed.v1",
                shard.dataset(),
                run,
                TokenShardSealed.newBuilder()
                        .setTokenShard(shard.name())
                        .setDataset(shard.dataset())
                        .setSha256(shard.sha256())
                        .setSize(shard.size())
                        .setTokens(shard.tokens())
                        .setSplit(shard.split())
                        .build());
    }

    static Fact datasetSealed(Dataset dataset) {
        return Fact.of(
                "maru.dataset.sealed.v1",
                dataset.name(),
                dataset.run(),
                DatasetSealed.newBuilder()
                        .setDataset(dataset.name())
                        .setCorpus(dataset.corpus())
                        .setTokenizer(dataset.tokenizer())
                        .setManifestSha256(dataset.manifestSha256())
                        .setTrainTokens(dataset.trainTokens())
                        .setValidationTokens(dataset.validationTokens())
                        .build());
    }

    static Fact datasetFailed(Dataset dataset) {
        return Fact.of(
                "maru.dataset.failed.v1",
                dataset.name(),
                dataset.run(),
                DatasetFailed.newBuilder()
                        .setDataset(dataset.name())
                        .setReason(dataset.failureReason())
                        .setMessage(dataset.failureMessage())
                        .build());
    }
}
