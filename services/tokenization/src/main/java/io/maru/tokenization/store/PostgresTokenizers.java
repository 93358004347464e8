package io.maru.tokenization.store;

import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import io.maru.tokenization.app.HeldTokenizer;
import io.maru.tokenization.app.TokenizerStore;
import io.maru.tokenization.app.TrainedTokenizer;
import io.maru.tokenization.domain.ImportRequest;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TokenizerRequest;
import io.maru.tokenization.domain.TokenizerState;
import io.maru.tokenization.domain.TrainingProgress;
import io.maru.tokenizer.TieRule;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Tokenizers in PostgreSQL. Whatever a worker writes is written under its claim: a worker that has lost its lease rolls
 * back.
 */
public final class PostgresTokenizers implements TokenizerStore {
    /** Names the kind of work that trains a tokenizer. */
    public static final String KIND = "tokenizer";

    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;

    public PostgresTokenizers(Database database, WorkQueue queue, Outbox outbox) {
        this.database = database;
        this.queue = queue;
        this.outbox = outbox;
    }

    @Override
    public Optional<Tokenizer> find(String name) {
        return database.inTransaction(sql -> find(sql, name));
    }

    private static Optional<Tokenizer> find(Sql sql, String name) throws SQLException {
        return sql.first("select * from tokenizer where name = ?", PostgresTokenizers::tokenizer, name);
    }

    @Override
    public Optional<Tokenizer> findByRequest(String requestKey) {
        return database.inTransaction(sql ->
                sql.first("select * from tokenizer where request_key = ?", PostgresTokenizers::tokenizer, requestKey));
    }

    @Override
    public List<Tokenizer> list(String workspace, long before, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from tokenizer where workspace = ? and sequence < ? order by sequence desc limit ?",
                PostgresTokenizers::tokenizer,
                workspace,
                before,
                limit));
    }

    @Override
    public Optional<Tokenizer> create(String name, TokenizerRequest request, String corpusSha256) {
        return database.inTransaction(sql -> {
            int created = sql.update(
                    """
                    insert into tokenizer (name, workspace, request_key, corpus, corpus_sha256, vocabulary_size, tie_rule, run)
                    values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing
                    """,
                    name,
                    request.workspace(),
                    request.requestKey(),
                    request.corpus(),
                    corpusSha256,
                    request.vocabularySize(),
                    request.tieRule().name(),
                    request.run());
            if (created == 0) {
                return Optional.empty();
            }
            queue.enqueue(sql, KIND, name, request.priority());
            return find(sql, name);
        });
    }

    @Override
    public Optional<Tokenizer> createReady(String name, ImportRequest request, int tokens, Runnable storeFiles) {
        return database.inTransaction(sql -> {
            // Whoever wants the same name waits for the end of this transaction, so its files cannot be overwritten.
            int created =
                    sql.update("""
                    insert into tokenizer (name, workspace, request_key, state, corpus, corpus_sha256, vocabulary_size, run,
                        tokens, sha256)
                    values (?, ?, ?, 'READY', '', '', ?, '', ?, ?) on conflict do nothing
                    """, name, request.workspace(), request.requestKey(), tokens, tokens, request.sha256());
            if (created == 0) {
                return Optional.empty();
            }
            storeFiles.run();
            Tokenizer tokenizer = find(sql, name).orElseThrow();
            outbox.append(sql, Facts.tokenizerImported(tokenizer));
            return Optional.of(tokenizer);
        });
    }

    @Override
    public Optional<Tokenizer> cancel(String name) {
        return database.inTransaction(sql -> {
            // The worker that finds a CANCELLED tokenizer in the queue has only the claim to end.
            move(sql, name, TokenizerState::cancelRequested);
            return find(sql, name);
        });
    }

    /**
     * Moves the tokenizer on, if it is there and that changes its state.
     *
     * @return whether it did
     */
    private static boolean move(Sql sql, String name, UnaryOperator<TokenizerState> transition) throws SQLException {
        Optional<TokenizerState> before = lock(sql, name);
        Optional<TokenizerState> after = before.map(transition);
        if (after.equals(before)) {
            return false;
        }
        sql.update(
                "update tokenizer set state = ?, revision = revision + 1, update_time = now() where name = ?",
                after.orElseThrow().name(),
                name);
        return true;
    }

    /** The state that nobody changes before this transaction ends. */
    private static Optional<TokenizerState> lock(Sql sql, String name) throws SQLException {
        return sql.first(
                "select state from tokenizer where name = ? for update",
                row -> TokenizerState.valueOf(row.getString("state")),
                name);
    }

    /** Gives a worker the tokenizer of its claim. */
    public HeldTokenizer held(Claim claim) {
        return new LeasedTokenizer(claim);
    }

    private static void requireTraining(Sql sql, String name) throws SQLException {
        if (!lock(sql, name).equals(Optional.of(TokenizerState.TRAINING))) {
            throw TokenizationReason.TOKENIZER_CANCELLED.because("%s: cancelled", name);
        }
    }

    private static Tokenizer tokenizer(ResultSet row) throws SQLException {
        return new Tokenizer(
                row.getString("name"),
                TokenizerState.valueOf(row.getString("state")),
                row.getString("corpus"),
                row.getString("corpus_sha256"),
                row.getInt("vocabulary_size"),
                TieRule.valueOf(row.getString("tie_rule")),
                row.getInt("tokens"),
                row.getString("sha256"),
                row.getString("report_sha256"),
                new TrainingProgress(
                        row.getLong("read_bytes"), row.getLong("source_bytes"), row.getInt("learned_tokens")),
                row.getString("run"),
                row.getString("failure_reason"),
                row.getString("failure_message"),
                row.getTimestamp("create_time").toInstant(),
                row.getTimestamp("update_time").toInstant(),
                row.getLong("revision"),
                row.getLong("sequence"));
    }

    /** A tokenizer under a claim of the work queue. */
    private final class LeasedTokenizer implements HeldTokenizer {
        private final Claim claim;

        LeasedTokenizer(Claim claim) {
            this.claim = claim;
        }

        @Override
        public Optional<Tokenizer> start() {
            return database.inTransaction(sql -> {
                queue.hold(sql, claim);
                move(sql, claim.name(), TokenizerState::started);
                // A later attempt begins at the first document again, and whoever watches sees that.
                int training = sql.update("""
                        update tokenizer set read_bytes = 0, learned_tokens = 0, revision = revision + 1, update_time = now()
                        where name = ? and state = 'TRAINING'
                        """, claim.name());
                if (training == 1) {
                    return find(sql, claim.name());
                }
                cancelled(sql);
                return Optional.empty();
            });
        }

        @Override
        public void progress(TrainingProgress progress) {
            database.run(sql -> {
                queue.hold(sql, claim);
                requireTraining(sql, claim.name());
                sql.update(
                        """
                        update tokenizer set read_bytes = ?, source_bytes = ?, learned_tokens = ?, revision = revision + 1,
                            update_time = now()
                        where name = ? and (read_bytes, source_bytes, learned_tokens) <> (?, ?, ?)
                        """,
                        progress.readBytes(),
                        progress.sourceBytes(),
                        progress.learnedTokens(),
                        claim.name(),
                        progress.readBytes(),
                        progress.sourceBytes(),
                        progress.learnedTokens());
            });
        }

        @Override
        public void ready(Tokenizer tokenizer, TrainedTokenizer trained) {
            database.run(sql -> {
                queue.finish(sql, claim);
                requireTraining(sql, claim.name());
                sql.update(
                        """
                        update tokenizer set state = 'READY', tokens = ?, sha256 = ?, report_sha256 = ?, read_bytes = ?,
                            source_bytes = ?, learned_tokens = ?, revision = revision + 1, update_time = now()
                        where name = ?
                        """,
                        trained.tokens(),
                        trained.sha256(),
                        trained.reportSha256(),
                        trained.sourceBytes(),
                        trained.sourceBytes(),
                        trained.tokens(),
                        claim.name());
                outbox.append(sql, Facts.tokenizerTrained(tokenizer, trained));
            });
        }

        @Override
        public void cancelled() {
            database.run(sql -> cancelled(sql));
        }

        private void cancelled(Sql sql) throws SQLException {
            queue.finish(sql, claim);
            move(sql, claim.name(), TokenizerState::stopped);
        }

        @Override
        public void fail(String reason, String message) {
            database.run(sql -> {
                queue.finish(sql, claim);
                if (move(sql, claim.name(), TokenizerState::failed)) {
                    sql.update(
                            "update tokenizer set failure_reason = ?, failure_message = ? where name = ?",
                            reason,
                            message,
                            claim.name());
                    outbox.append(
                            sql, Facts.tokenizerFailed(find(sql, claim.name()).orElseThrow()));
                }
            });
        }
    }
}
