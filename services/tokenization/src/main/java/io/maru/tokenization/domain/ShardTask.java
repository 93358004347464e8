package io.maru.tokenization.domain;

/**
 * One document shard that is to become a token shard, and all that it takes.
 *
 * @param name of the token shard, {@code {dataset}/shards/{shard}}; also its object key
 * @param dataset the full name
 * @param tokenizer the full name
 * @param tokenizerSha256 of its tokenizer.json
 */
public record ShardTask(
        String name, String dataset, DocumentShard documents, String tokenizer, String tokenizerSha256) {}
