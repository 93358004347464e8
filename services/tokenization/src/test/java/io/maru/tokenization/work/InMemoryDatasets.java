package io.maru.tokenization.work;

import io.maru.platform.work.Claim;
import io.maru.tokenization.app.Corpora;
import io.maru.tokenization.app.HeldShard;
import io.maru.tokenization.domain.Dataset;
import io.maru.tokenization.domain.DatasetRequest;
import io.maru.tokenization.domain.DatasetState;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.ShardTask;
import io.maru.tokenization.domain.TokenShard;
import io.maru.tokenization.domain.Tokenizer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** One dataset in memory, with the rules that PostgreSQL's rows have. */
final class InMemoryDatasets {
    Dataset dataset;
    final Map<String, ShardTask> tasks = new LinkedHashMap<>();
    final Map<String, TokenShard> sealed = new HashMap<>();
    /** Shards whose lease was given back with an outcome. */
    final List<String> ended = new ArrayList<>();

    void create(String name, DatasetRequest request, Corpora.SealedCorpus corpus, Tokenizer tokenizer) {
        dataset = new Dataset(
                name,
                DatasetState.ENCODING,
                corpus.name(),
                corpus.manifestSha256(),
                tokenizer.name(),
                tokenizer.sha256(),
                tokenizer.tokens(),
                request.run(),
                corpus.shards().size(),
                0,
                0,
                0,
                0,
                0,
                "",
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                1);
        for (DocumentShard documents : corpus.shards()) {
            String shard = name + "/" + documents.key();
            tasks.put(shard, new ShardTask(shard, name, documents, tokenizer.name(), tokenizer.sha256()));
        }
    }

    /** The shard of a claim. */
    HeldShard held(Claim claim) {
        return new HeldShard() {
            @Override
            public Optional<ShardTask> start() {
                if (dataset.state().isFinal() || sealed.containsKey(claim.name())) {
                    ended.add(claim.name());
                    return Optional.empty();
                }
                return Optional.of(tasks.get(claim.name()));
            }

            @Override
            public void seal(TokenShard shard, BiFunction<Dataset, List<TokenShard>, String> manifest) {
                InMemoryDatasets.this.seal(shard, manifest);
                ended.add(claim.name());
            }

            @Override
            public void fail(String reason, String message) {
                if (!dataset.state().isFinal()) {
                    dataset = with(DatasetState.FAILED, sealed.size(), 0, 0, "", reason);
                }
                ended.add(claim.name());
            }
        };
    }

    private void seal(TokenShard shard, BiFunction<Dataset, List<TokenShard>, String> manifest) {
        if (dataset.state().isFinal() || sealed.putIfAbsent(shard.name(), shard) != null) {
            return;
        }
        try {
            long train = sum(DocumentShard.TRAIN);
            long validation = sum(DocumentShard.VALIDATION);
            dataset = with(dataset.state(), sealed.size(), train, validation, "", "");
            if (sealed.size() == tasks.size()) {
                List<TokenShard> shards = new ArrayList<>();
                tasks.keySet().forEach(name -> shards.add(sealed.get(name)));
                String sha256 = manifest.apply(dataset, shards);
                dataset = with(DatasetState.SEALED, sealed.size(), train, validation, sha256, "");
            }
        } catch (RuntimeException e) {
            // As a transaction rolls back.
            sealed.remove(shard.name());
            throw e;
        }
    }

    private long sum(String split) {
        return sealed.values().stream()
                .filter(shard -> shard.split().equals(split))
                .mapToLong(TokenShard::tokens)
                .sum();
    }

    private Dataset with(DatasetState state, int sealedShards, long train, long validation, String sha256, String why) {
        return new Dataset(
                dataset.name(),
                state,
                dataset.corpus(),
                dataset.corpusSha256(),
                dataset.tokenizer(),
                dataset.tokenizerSha256(),
                dataset.vocabularySize(),
                dataset.run(),
                dataset.shards(),
                sealedShards,
                train,
                validation,
                0,
                0,
                sha256,
                why,
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                dataset.revision() + 1,
                1);
    }

    void cancel() {
        dataset = with(DatasetState.CANCELLED, sealed.size(), 0, 0, "", "");
    }
}
