package io.maru.tokenization.store;

import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Outbox;
import io.maru.tokenization.app.Corpora;
import io.maru.tokenization.app.DatasetStore;
import io.maru.tokenization.domain.Dataset;
import io.maru.tokenization.domain.DatasetRequest;
import io.maru.tokenization.domain.DatasetState;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.ShardTask;
import io.maru.tokenization.domain.TokenShard;
import io.maru.tokenization.domain.Tokenizer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** Datasets and their shards in PostgreSQL. */
public final class PostgresDatasets implements DatasetStore {
    private static final int MOST_REQUEUED = 1_000;
    /** Doubling ends here, so that a shard is never left alone for much longer than 64 times the patience. */
    private static final int MOST_DOUBLINGS = 6;

    private static final String TASK = """
            select s.*, d.corpus, d.tokenizer, d.tokenizer_sha256, d.run
            from token_shard s join dataset d on d.name = s.dataset
            """;

    private final Database database;
    private final Outbox outbox;

    public PostgresDatasets(Database database, Outbox outbox) {
        this.database = database;
        this.outbox = outbox;
    }

    @Override
    public Optional<Dataset> find(String name) {
        return database.inTransaction(sql -> find(sql, name));
    }

    private static Optional<Dataset> find(Sql sql, String name) throws SQLException {
        return sql.first("select * from dataset where name = ?", PostgresDatasets::dataset, name);
    }

    @Override
    public Optional<Dataset> findByRequest(String requestId) {
        return database.inTransaction(
                sql -> sql.first("select * from dataset where request_id = ?", PostgresDatasets::dataset, requestId));
    }

    @Override
    public List<Dataset> list(long before, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from dataset where sequence < ? order by sequence desc limit ?",
                PostgresDatasets::dataset,
                before,
                limit));
    }

    @Override
    public Optional<Dataset> create(
            String name, DatasetRequest request, Corpora.SealedCorpus corpus, Tokenizer tokenizer) {
        return database.inTransaction(sql -> {
            int created = sql.update(
                    """
                    insert into dataset (name, request_id, corpus, corpus_sha256, tokenizer, tokenizer_sha256,
                        vocabulary_size, run, shards)
                    values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing
                    """,
                    name,
                    request.requestId(),
                    corpus.name(),
                    corpus.manifestSha256(),
                    tokenizer.name(),
                    tokenizer.sha256(),
                    tokenizer.tokens(),
                    request.run(),
                    corpus.shards().size());
            if (created == 0) {
                return Optional.empty();
            }
            for (int position = 0; position < corpus.shards().size(); position++) {
                DocumentShard documents = corpus.shards().get(position);
                ShardTask task = new ShardTask(
                        name + "/" + documents.key(), name, documents, tokenizer.name(), tokenizer.sha256());
                sql.update(
                        """
                        insert into token_shard (name, dataset, position, document_key, document_sha256, split, text_bytes)
                        values (?, ?, ?, ?, ?, ?, ?)
                        """,
                        task.name(),
                        name,
                        position,
                        documents.key(),
                        documents.sha256(),
                        documents.split(),
                        documents.textBytes());
                outbox.append(sql, Facts.shardQueued(task, request.run()));
            }
            return find(sql, name);
        });
    }

    @Override
    public Optional<Dataset> cancel(String name) {
        return database.inTransaction(sql -> {
            sql.update("""
                    update dataset set state = 'CANCELLED', revision = revision + 1, update_time = now()
                    where name = ? and state = 'ENCODING'
                    """, name);
            return find(sql, name);
        });
    }

    @Override
    public Optional<ShardTask> task(String tokenShard) {
        return database.inTransaction(sql -> sql.first(
                TASK + "where s.name = ? and s.sha256 = '' and d.state = 'ENCODING'",
                PostgresDatasets::task,
                tokenShard));
    }

    @Override
    public void seal(TokenShard shard, BiFunction<Dataset, List<TokenShard>, String> manifest) {
        database.run(sql -> {
            // The dataset's row lock lets one shard after the other through, so exactly one of them is the last.
            boolean encoding = sql.first(
                            "select 1 from dataset where name = ? and state = 'ENCODING' for update",
                            row -> true,
                            shard.dataset())
                    .isPresent();
            if (!encoding || !markSealed(sql, shard)) {
                return;
            }
            Dataset dataset = find(sql, shard.dataset()).orElseThrow();
            outbox.append(sql, Facts.tokenShardSealed(shard, dataset.run()));
            if (dataset.sealedShards() == dataset.shards()) {
                String manifestSha256 = manifest.apply(dataset, shards(sql, dataset.name()));
                sql.update(
                        "update dataset set state = 'SEALED', manifest_sha256 = ? where name = ?",
                        manifestSha256,
                        dataset.name());
                outbox.append(sql, Facts.datasetSealed(find(sql, dataset.name()).orElseThrow()));
            }
        });
    }

    /** False if it was sealed before. */
    private static boolean markSealed(Sql sql, TokenShard shard) throws SQLException {
        int sealed = sql.update(
                "update token_shard set sha256 = ?, size = ?, tokens = ? where name = ? and sha256 = ''",
                shard.sha256(),
                shard.size(),
                shard.tokens(),
                shard.name());
        if (sealed == 0) {
            return false;
        }
        boolean train = shard.split().equals(DocumentShard.TRAIN);
        sql.update(
                """
                update dataset set sealed_shards = sealed_shards + 1,
                    train_tokens = train_tokens + ?, validation_tokens = validation_tokens + ?,
                    train_bytes = train_bytes + ?, validation_bytes = validation_bytes + ?,
                    revision = revision + 1, update_time = now()
                where name = ?
                """,
                train ? shard.tokens() : 0,
                train ? 0 : shard.tokens(),
                train ? shard.textBytes() : 0,
                train ? 0 : shard.textBytes(),
                shard.dataset());
        return true;
    }

    private static List<TokenShard> shards(Sql sql, String dataset) throws SQLException {
        return sql.list(
                "select * from token_shard where dataset = ? order by position",
                row -> new TokenShard(
                        row.getString("name"),
                        dataset,
                        row.getString("split"),
                        row.getLong("size"),
                        row.getString("sha256"),
                        row.getLong("tokens"),
                        row.getLong("text_bytes")),
                dataset);
    }

    @Override
    public void fail(String dataset, String reason, String message) {
        database.run(sql -> {
            int failed = sql.update("""
                    update dataset set state = 'FAILED', failure_reason = ?, failure_message = ?,
                        revision = revision + 1, update_time = now()
                    where name = ? and state = 'ENCODING'
                    """, reason, message, dataset);
            if (failed == 1) {
                outbox.append(sql, Facts.datasetFailed(find(sql, dataset).orElseThrow()));
            }
        });
    }

    @Override
    public int countFailure(String tokenShard) {
        return database.inTransaction(sql -> sql.first(
                        "update token_shard set failures = failures + 1 where name = ? returning failures",
                        row -> row.getInt("failures"),
                        tokenShard)
                .orElse(0));
    }

    @Override
    public int requeueStalled(Duration patience) {
        return database.inTransaction(sql -> {
            // A fact that still waits for Kafka is not lost: queueing it again would only make the outbox longer.
            List<QueuedTask> stalled = sql.list(
                    TASK + """
                            where s.sha256 = '' and d.state = 'ENCODING'
                                and d.update_time < now() - ? * interval '1 millisecond'
                                and s.queue_time < now() - ? * power(2, least(s.queued - 1, ?)) * interval '1 millisecond'
                                and not exists (select 1 from outbox o where o.subject = s.name)
                            order by d.sequence, s.position limit ?
                            for update of s skip locked
                            """,
                    row -> new QueuedTask(task(row), row.getString("run")),
                    patience.toMillis(),
                    patience.toMillis(),
                    MOST_DOUBLINGS,
                    MOST_REQUEUED);
            for (QueuedTask queued : stalled) {
                sql.update(
                        "update token_shard set queued = queued + 1, queue_time = now() where name = ?",
                        queued.task().name());
                outbox.append(sql, Facts.shardQueued(queued.task(), queued.run()));
            }
            return stalled.size();
        });
    }

    private record QueuedTask(ShardTask task, String run) {}

    private static ShardTask task(ResultSet row) throws SQLException {
        return new ShardTask(
                row.getString("name"),
                row.getString("dataset"),
                new DocumentShard(
                        row.getString("corpus"),
                        row.getString("document_key"),
                        row.getString("document_sha256"),
                        row.getString("split"),
                        row.getLong("text_bytes")),
                row.getString("tokenizer"),
                row.getString("tokenizer_sha256"));
    }

    private static Dataset dataset(ResultSet row) throws SQLException {
        return new Dataset(
                row.getString("name"),
                DatasetState.valueOf(row.getString("state")),
                row.getString("corpus"),
                row.getString("corpus_sha256"),
                row.getString("tokenizer"),
                row.getString("tokenizer_sha256"),
                row.getInt("vocabulary_size"),
                row.getString("run"),
                row.getInt("shards"),
                row.getInt("sealed_shards"),
                row.getLong("train_tokens"),
                row.getLong("validation_tokens"),
                row.getLong("train_bytes"),
                row.getLong("validation_bytes"),
                row.getString("manifest_sha256"),
                row.getString("failure_reason"),
                row.getString("failure_message"),
                row.getTimestamp("create_time").toInstant(),
                row.getTimestamp("update_time").toInstant(),
                row.getLong("revision"),
                row.getLong("sequence"));
    }
}
