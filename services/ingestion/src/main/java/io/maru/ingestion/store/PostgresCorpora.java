package io.maru.ingestion.store;

import io.maru.ingestion.app.CorpusStore;
import io.maru.ingestion.app.SealedCorpus;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.CorpusRequest;
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

/**
 * Corpora in PostgreSQL. Whatever a worker writes is written under its claim: a worker that has lost its lease rolls back.
 */
public final class PostgresCorpora implements CorpusStore {
    static final String WORK = "corpus";

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
    public Optional<Corpus> findByRequest(String requestId) {
        return database.inTransaction(
                sql -> sql.first("select * from corpus where request_id = ?", PostgresCorpora::corpus, requestId));
    }

    @Override
    public List<Corpus> list(long before, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from corpus where sequence < ? order by sequence desc limit ?",
                PostgresCorpora::corpus,
                before,
                limit));
    }

    @Override
    public Optional<Corpus> create(
            String name, CorpusRequest request, List<String> kinds, CutRule rule, long sourceBytes) {
        return database.inTransaction(sql -> {
            int created = sql.update(
                    """
                    insert into corpus (name, request_id, sources, kinds, validation_fraction, document_bytes,
                        most_document_bytes, shard_bytes, run, source_bytes)
                    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing
                    """,
                    name,
                    request.requestId(),
                    request.sources().toArray(String[]::new),
                    kinds.toArray(String[]::new),
                    request.validationFraction(),
                    rule.documentBytes(),
                    rule.mostDocumentBytes(),
                    rule.shardBytes(),
                    request.run(),
                    sourceBytes);
            if (created == 0) {
                return Optional.empty();
            }
            queue.enqueue(sql, WORK, name);
            return find(sql, name);
        });
    }

    @Override
    public Optional<Corpus> cancel(String name) {
        return database.inTransaction(sql -> {
            // The worker that finds a CANCELLED corpus in the queue has only the claim to end.
            sql.update("""
                    update corpus set state = case state when 'PENDING' then 'CANCELLED' else 'CANCELLING' end,
                        revision = revision + 1, update_time = now()
                    where name = ? and state in ('PENDING', 'RUNNING')
                    """, name);
            return find(sql, name);
        });
    }

    /** The corpus to build, now RUNNING; nothing, and the claim ended, where there is nothing to build any more. */
    Optional<Corpus> start(Claim claim) {
        return database.inTransaction(sql -> {
            queue.hold(sql, claim);
            int running = sql.update("""
                    update corpus set state = 'RUNNING', revision = revision + 1, update_time = now()
                    where name = ? and state in ('PENDING', 'RUNNING')
                    """, claim.name());
            if (running == 1) {
                return find(sql, claim.name());
            }
            cancelled(sql, claim);
            return Optional.empty();
        });
    }

    /** @throws io.maru.platform.error.Refusal CORPUS_CANCELLED where somebody has asked for that */
    void progress(Claim claim, Tally tally) {
        database.run(sql -> {
            queue.hold(sql, claim);
            requireRunning(sql, claim);
            update(sql, claim, CorpusState.RUNNING, tally);
        });
    }

    private static void requireRunning(Sql sql, Claim claim) throws SQLException {
        boolean running = sql.first(
                        "select 1 from corpus where name = ? and state = 'RUNNING' for update",
                        row -> true,
                        claim.name())
                .isPresent();
        if (!running) {
            throw IngestionReason.CORPUS_CANCELLED.because("%s: cancelled", claim.name());
        }
    }

    private static void update(Sql sql, Claim claim, CorpusState state, Tally tally) throws SQLException {
        sql.update(
                """
                update corpus set state = ?, read_bytes = ?, documents = ?, duplicates = ?, train_bytes = ?,
                    validation_bytes = ?, shards = ?, revision = revision + 1, update_time = now()
                where name = ?
                """,
                state.name(),
                tally.readBytes(),
                tally.documents(),
                tally.duplicates(),
                tally.trainBytes(),
                tally.validationBytes(),
                tally.shards(),
                claim.name());
    }

    /** The digest under which the shard was sealed, if it was. */
    Optional<String> sealedShard(String name) {
        return database.inTransaction(sql ->
                sql.first("select sha256 from document_shard where name = ?", row -> row.getString("sha256"), name));
    }

    /** Tells that the shard is sealed, once, however many attempts seal it. */
    void sealedShard(Claim claim, DocumentShard shard, String run) {
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

    /** @throws io.maru.platform.error.Refusal CORPUS_CANCELLED where somebody was faster and asked for that */
    void seal(Claim claim, Corpus corpus, SealedCorpus sealed) {
        database.run(sql -> {
            queue.finish(sql, claim);
            requireRunning(sql, claim);
            update(sql, claim, CorpusState.SEALED, sealed.tally());
            sql.update("update corpus set manifest_sha256 = ? where name = ?", sealed.manifestSha256(), claim.name());
            outbox.append(sql, Facts.corpusSealed(corpus, sealed));
        });
    }

    void cancelled(Claim claim) {
        database.run(sql -> cancelled(sql, claim));
    }

    private void cancelled(Sql sql, Claim claim) throws SQLException {
        queue.finish(sql, claim);
        sql.update("""
                update corpus set state = 'CANCELLED', revision = revision + 1, update_time = now()
                where name = ? and state = 'CANCELLING'
                """, claim.name());
    }

    void fail(Claim claim, String reason, String message) {
        database.run(sql -> {
            queue.finish(sql, claim);
            int failed = sql.update("""
                    update corpus set state = 'FAILED', failure_reason = ?, failure_message = ?,
                        revision = revision + 1, update_time = now()
                    where name = ? and state in ('PENDING', 'RUNNING', 'CANCELLING')
                    """, reason, message, claim.name());
            if (failed == 1) {
                Corpus corpus = find(sql, claim.name()).orElseThrow();
                outbox.append(sql, Facts.corpusFailed(corpus, reason, message));
            }
        });
    }

    private static Corpus corpus(ResultSet row) throws SQLException {
        return new Corpus(
                row.getString("name"),
                CorpusState.valueOf(row.getString("state")),
                List.of((String[]) row.getArray("sources").getArray()),
                List.of((String[]) row.getArray("kinds").getArray()),
                row.getDouble("validation_fraction"),
                new CutRule(
                        row.getInt("document_bytes"), row.getInt("most_document_bytes"), row.getLong("shard_bytes")),
                row.getString("run"),
                row.getLong("source_bytes"),
                new Tally(
                        row.getLong("read_bytes"),
                        row.getLong("documents"),
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
}
