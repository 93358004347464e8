package io.maru.tokenization.store;

import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import io.maru.tokenization.app.Corpora;
import io.maru.tokenization.app.DatasetStore;
import io.maru.tokenization.app.HeldShard;
import io.maru.tokenization.domain.Dataset;
import io.maru.tokenization.domain.DatasetRequest;
import io.maru.tokenization.domain.DatasetState;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.ShardTask;
import io.maru.tokenization.domain.TokenShard;
import io.maru.tokenization.domain.Tokenizer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/** Datasets and their shards in PostgreSQL. Each shard is a piece of work of its own. */
public final class PostgresDatasets implements DatasetStore {
    /** Names the kind of work that encodes a shard. */
    public static final String KIND = "shard";

    private static final String TASK = """
            select s.*, d.corpus, d.tokenizer, d.tokenizer_sha256
            from token_shard s join dataset d on d.name = s.dataset
            """;

    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;

    public PostgresDatasets(Database database, WorkQueue queue, Outbox outbox) {
        this.database = database;
        this.queue = queue;
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
    public Optional<Dataset> findByRequest(String requestKey) {
        return database.inTransaction(
                sql -> sql.first("select * from dataset where request_key = ?", PostgresDatasets::dataset, requestKey));
    }

    @Override
    public List<Dataset> list(String workspace, long before, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from dataset where workspace = ? and sequence < ? order by sequence desc limit ?",
                PostgresDatasets::dataset,
                workspace,
                before,
                limit));
    }

    @Override
    public Optional<Dataset> create(
            String name, DatasetRequest request, Corpora.SealedCorpus corpus, Tokenizer tokenizer) {
        return database.inTransaction(sql -> {
            int created = sql.update(
                    """
                    insert into dataset (name, workspace, request_key, corpus, corpus_sha256, tokenizer, tokenizer_sha256,
                        vocabulary_size, run, shards)
                    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing
                    """,
                    name,
                    request.workspace(),
                    request.requestKey(),
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
                String shard = name + "/" + documents.key();
                sql.update(
                        """
                        insert into token_shard (name, dataset, position, document_key, document_sha256, split, text_bytes)
                        values (?, ?, ?, ?, ?, ?, ?)
                        """,
                        shard,
                        name,
                        position,
                        documents.key(),
                        documents.sha256(),
                        documents.split(),
                        documents.textBytes());
                queue.enqueue(sql, KIND, shard, request.priority());
            }
            return find(sql, name);
        });
    }

    @Override
    public Optional<Dataset> cancel(String name) {
        return database.inTransaction(sql -> {
            move(sql, name, DatasetState::cancelled);
            return find(sql, name);
        });
    }

    /**
     * Moves the dataset on, if it is there and that changes its state.
     *
     * @return whether it did
     */
    private static boolean move(Sql sql, String name, UnaryOperator<DatasetState> transition) throws SQLException {
        Optional<DatasetState> before = lock(sql, name);
        Optional<DatasetState> after = before.map(transition);
        if (after.equals(before)) {
            return false;
        }
        sql.update(
                "update dataset set state = ?, revision = revision + 1, update_time = now() where name = ?",
                after.orElseThrow().name(),
                name);
        return true;
    }

    /** The state that nobody changes before this transaction ends. */
    private static Optional<DatasetState> lock(Sql sql, String name) throws SQLException {
        return sql.first(
                "select state from dataset where name = ? for update",
                row -> DatasetState.valueOf(row.getString("state")),
                name);
    }

    /** Gives a worker the shard of its claim. */
    public HeldShard held(Claim claim) {
        return new LeasedShard(claim);
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

    /** A shard under a claim of the work queue. */
    private final class LeasedShard implements HeldShard {
        private final Claim claim;

        LeasedShard(Claim claim) {
            this.claim = claim;
        }

        @Override
        public Optional<ShardTask> start() {
            return database.inTransaction(sql -> {
                queue.hold(sql, claim);
                Optional<ShardTask> task = sql.first(
                        TASK + "where s.name = ? and s.sha256 = '' and d.state = 'ENCODING'",
                        PostgresDatasets::task,
                        claim.name());
                if (task.isEmpty()) {
                    queue.finish(sql, claim);
                }
                return task;
            });
        }

        @Override
        public void seal(TokenShard shard, BiFunction<Dataset, List<TokenShard>, String> manifest) {
            database.run(sql -> {
                queue.finish(sql, claim);
                // The dataset's row lock lets one shard after the other through, so exactly one of them is the last.
                if (!lock(sql, shard.dataset()).equals(Optional.of(DatasetState.ENCODING)) || !markSealed(sql, shard)) {
                    return;
                }
                Dataset dataset = find(sql, shard.dataset()).orElseThrow();
                outbox.append(sql, Facts.tokenShardSealed(shard, dataset.run()));
                if (dataset.sealedShards() == dataset.shards()) {
                    String manifestSha256 = manifest.apply(dataset, shards(sql, dataset.name()));
                    sql.update(
                            "update dataset set state = ?, manifest_sha256 = ? where name = ?",
                            DatasetState.SEALED.name(),
                            manifestSha256,
                            dataset.name());
                    outbox.append(
                            sql, Facts.datasetSealed(find(sql, dataset.name()).orElseThrow()));
                }
            });
        }

        @Override
        public void fail(String reason, String message) {
            database.run(sql -> {
                queue.finish(sql, claim);
                Optional<String> dataset = sql.first(
                        "select dataset from token_shard where name = ?",
                        row -> row.getString("dataset"),
                        claim.name());
                if (dataset.isPresent() && move(sql, dataset.get(), DatasetState::failed)) {
                    sql.update(
                            "update dataset set failure_reason = ?, failure_message = ? where name = ?",
                            reason,
                            message,
                            dataset.get());
                    outbox.append(
                            sql, Facts.datasetFailed(find(sql, dataset.get()).orElseThrow()));
                }
            });
        }
    }
}
