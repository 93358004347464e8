package io.maru.ingestion.store;

import io.maru.ingestion.app.CorpusStore;
import io.maru.ingestion.app.HeldCorpus;
import io.maru.ingestion.app.SealedCorpus;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.CorpusFormat;
import io.maru.ingestion.domain.CorpusRequest;
import io.maru.ingestion.domain.CorpusSpec;
import io.maru.ingestion.domain.CorpusState;
import io.maru.ingestion.domain.CutRule;
import io.maru.ingestion.domain.DocumentShard;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.Tally;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Corpora in PostgreSQL. Whatever a worker writes is written under its claim: a worker that has lost its lease rolls back.
 */
public final class PostgresCorpora implements CorpusStore {
    /** Names the kind of work that builds a corpus. */
    public static final String KIND = "corpus";

    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;

    public PostgresCorpora(Database database, WorkQueue queue, Outbox outbox) {
        this.database = database;
        this.queue = queue;
        this.outbox = outbox;
    }

    @Override
    public Optional<Corpus> find(String name) {
        return database.inTransaction(sql -> find(sql, name));
    }

    private static Optional<Corpus> find(Sql sql, String name) throws SQLException {
        return sql.first("select * from corpus where name = ?", PostgresCorpora::corpus, name);
    }

    @Override
    public Optional<Corpus> findByRequest(String requestKey) {
        return database.inTransaction(
                sql -> sql.first("select * from corpus where request_key = ?", PostgresCorpora::corpus, requestKey));
    }

    @Override
    public List<Corpus> list(String workspace, long before, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from corpus where workspace = ? and sequence < ? order by sequence desc limit ?",
                PostgresCorpora::corpus,
                workspace,
                before,
                limit));
    }

    @Override
    public Optional<Corpus> create(
            String name, CorpusRequest request, List<String> kinds, CutRule rule, long sourceBytes) {
        return database.inTransaction(sql -> {
            int created = sql.update(
                    """
                    insert into corpus (name, workspace, request_key, sources, kinds, validation_fraction, format,
                        strict, document_bytes, max_document_bytes, shard_bytes, max_line_bytes, run, source_bytes)
                    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing
                    """,
                    name,
                    request.workspace(),
                    request.requestKey(),
                    request.sources().toArray(String[]::new),
                    kinds.toArray(String[]::new),
                    request.spec().validationFraction(),
                    request.spec().format().name(),
                    request.spec().strict(),
                    rule.documentBytes(),
                    rule.maxDocumentBytes(),
                    rule.shardBytes(),
                    rule.maxLineBytes(),
                    request.run(),
                    sourceBytes);
            if (created == 0) {
                return Optional.empty();
            }
            queue.enqueue(sql, KIND, name, request.priority());
            return find(sql, name);
        });
    }

    @Override
    public Optional<Corpus> cancel(String name) {
        return database.inTransaction(sql -> {
            // The worker that finds a CANCELLED corpus in the queue has only the claim to end.
            move(sql, name, CorpusState::cancelRequested);
            return find(sql, name);
        });
    }

    /**
     * Moves the corpus on, if it is there and that changes its state.
     *
     * @return whether it did
     */
    private static boolean move(Sql sql, String name, UnaryOperator<CorpusState> transition) throws SQLException {
        Optional<CorpusState> before = lock(sql, name);
        Optional<CorpusState> after = before.map(transition);
        if (after.equals(before)) {
            return false;
        }
        sql.update(
                "update corpus set state = ?, revision = revision + 1, update_time = now() where name = ?",
                after.orElseThrow().name(),
                name);
        return true;
    }

    /** The state that nobody changes before this transaction ends. */
    private static Optional<CorpusState> lock(Sql sql, String name) throws SQLException {
        return sql.first(
                "select state from corpus where name = ? for update",
                row -> CorpusState.valueOf(row.getString("state")),
                name);
    }

    /** Gives a worker the corpus of its claim. */
    public HeldCorpus held(Claim claim) {
        return new LeasedCorpus(claim);
    }

    private static void requireRunning(Sql sql, String name) throws SQLException {
        if (!lock(sql, name).equals(Optional.of(CorpusState.RUNNING))) {
            throw IngestionReason.CORPUS_CANCELLED.because("%s: cancelled", name);
        }
    }

    private static void update(Sql sql, String name, CorpusState state, Tally tally) throws SQLException {
        sql.update(
                """
                update corpus set state = ?, read_bytes = ?, documents = ?, pairs = ?, conversations = ?,
                    duplicates = ?, train_bytes = ?, validation_bytes = ?, shards = ?, revision = revision + 1, update_time = now()
                where name = ?
                """,
                state.name(),
                tally.readBytes(),
                tally.documents(),
                tally.pairs(),
                tally.conversations(),
                tally.duplicates(),
                tally.trainBytes(),
                tally.validationBytes(),
                tally.shards(),
                name);
    }

    private static Corpus corpus(ResultSet row) throws SQLException {
        return new Corpus(
                row.getString("name"),
                CorpusState.valueOf(row.getString("state")),
                List.of((String[]) row.getArray("sources").getArray()),
                List.of((String[]) row.getArray("kinds").getArray()),
                new CorpusSpec(
                        row.getDouble("validation_fraction"),
                        CorpusFormat.valueOf(row.getString("format")),
                        row.getBoolean("strict")),
                new CutRule(
                        row.getInt("document_bytes"),
                        row.getInt("max_document_bytes"),
                        row.getLong("shard_bytes"),
                        row.getInt("max_line_bytes")),
                row.getString("run"),
                row.getLong("source_bytes"),
                new Tally(
                        row.getLong("read_bytes"),
                        row.getLong("documents"),
                        row.getLong("pairs"),
                        row.getLong("conversations"),
                        row.getLong("duplicates"),
                        row.getLong("train_bytes"),
                        row.getLong("validation_bytes"),
                        row.getInt("shards")),
                row.getString("manifest_sha256"),
                row.getString("failure_reason"),
                row.getString("failure_message"),
                row.getTimestamp("create_time").toInstant(),
                row.getTimestamp("update_time").toInstant(),
                row.getLong("revision"),
                row.getLong("sequence"));
    }

    /** A corpus under a claim of the work queue. */
    private final class LeasedCorpus implements HeldCorpus {
        private final Claim claim;

        LeasedCorpus(Claim claim) {
            this.claim = claim;
        }

        @Override
        public Optional<Corpus> start() {
            return database.inTransaction(sql -> {
                queue.hold(sql, claim);
                move(sql, claim.name(), CorpusState::started);
                Optional<Corpus> corpus = find(sql, claim.name()).filter(c -> c.state() == CorpusState.RUNNING);
                if (corpus.isEmpty()) {
                    cancelled(sql);
                }
                return corpus;
            });
        }

        @Override
        public void progress(Tally tally) {
            database.run(sql -> {
                queue.hold(sql, claim);
                requireRunning(sql, claim.name());
                update(sql, claim.name(), CorpusState.RUNNING, tally);
            });
        }

        @Override
        public Optional<String> sealedShard(String name) {
            return database.inTransaction(sql -> sql.first(
                    "select sha256 from document_shard where name = ?", row -> row.getString("sha256"), name));
        }

        @Override
        public void sealShard(DocumentShard shard, String run) {
            database.run(sql -> {
                queue.hold(sql, claim);
                int first = sql.update(
                        "insert into document_shard (name, corpus, sha256) values (?, ?, ?) on conflict do nothing",
                        shard.name(),
                        shard.corpus(),
                        shard.sha256());
                if (first == 1) {
                    outbox.append(sql, Facts.shardSealed(shard, run));
                }
            });
        }

        @Override
        public void seal(Corpus corpus, SealedCorpus sealed) {
            database.run(sql -> {
                queue.finish(sql, claim);
                requireRunning(sql, claim.name());
                update(sql, claim.name(), CorpusState.SEALED, sealed.tally());
                sql.update(
                        "update corpus set manifest_sha256 = ? where name = ?", sealed.manifestSha256(), claim.name());
                outbox.append(sql, Facts.corpusSealed(corpus, sealed));
            });
        }

        @Override
        public void cancelled() {
            database.run(sql -> cancelled(sql));
        }

        private void cancelled(Sql sql) throws SQLException {
            queue.finish(sql, claim);
            move(sql, claim.name(), CorpusState::stopped);
        }

        @Override
        public void fail(String reason, String message) {
            database.run(sql -> {
                queue.finish(sql, claim);
                if (move(sql, claim.name(), CorpusState::failed)) {
                    sql.update(
                            "update corpus set failure_reason = ?, failure_message = ? where name = ?",
                            reason,
                            message,
                            claim.name());
                    Corpus corpus = find(sql, claim.name()).orElseThrow();
                    outbox.append(sql, Facts.corpusFailed(corpus, reason, message));
                }
            });
        }
    }
}
