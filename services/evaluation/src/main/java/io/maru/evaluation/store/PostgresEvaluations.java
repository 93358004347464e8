package io.maru.evaluation.store;

import io.maru.evaluation.app.EvaluationStore;
import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.NewEvaluation;
import io.maru.evaluation.domain.State;
import io.maru.evaluation.domain.Tally;
import io.maru.metrics.LanguageModelScore;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.name.ResourceName;
import io.maru.platform.work.WorkQueue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** {@link EvaluationStore} in PostgreSQL. */
public final class PostgresEvaluations implements EvaluationStore {
    /** What the work queue calls an evaluation. */
    public static final String KIND = "evaluation";

    private final Database database;
    private final WorkQueue queue;

    public PostgresEvaluations(Database database, WorkQueue queue) {
        this.database = database;
        this.queue = queue;
    }

    @Override
    public boolean create(NewEvaluation evaluation) {
        return database.inTransaction(sql -> {
            boolean created = sql.update(
                            """
                            insert into evaluation (workspace, name, request_key, run, model_version, dataset, max_tokens,
                                priority, state)
                            values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing
                            """,
                            ResourceName.workspace(evaluation.name()),
                            evaluation.name(),
                            evaluation.requestKey(),
                            evaluation.run(),
                            evaluation.modelVersion(),
                            evaluation.dataset(),
                            evaluation.maxTokens(),
                            evaluation.priority(),
                            State.PENDING.name())
                    == 1;
            if (created) {
                queue.enqueue(sql, KIND, evaluation.name(), evaluation.priority());
            }
            return created;
        });
    }

    @Override
    public Optional<Evaluation> find(String name) {
        return database.inTransaction(sql -> find(sql, name));
    }

    static Optional<Evaluation> find(Sql sql, String name) throws SQLException {
        return sql.first("select * from evaluation where name = ?", PostgresEvaluations::read, name);
    }

    @Override
    public Optional<Evaluation> createdBy(String requestKey) {
        return database.inTransaction(sql ->
                sql.first("select * from evaluation where request_key = ?", PostgresEvaluations::read, requestKey));
    }

    @Override
    public List<Evaluation> list(String workspace, long before, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from evaluation where workspace = ? and sequence < ? order by sequence desc limit ?",
                PostgresEvaluations::read,
                workspace,
                before,
                limit));
    }

    @Override
    public void cancel(String name) {
        database.run(sql -> change(sql, name, Evaluation::cancel));
    }

    /** Takes a row through a transition of its state, and answers with what it is then; empty where there is none. */
    static Optional<Evaluation> change(Sql sql, String name, UnaryOperator<Evaluation> transition) throws SQLException {
        Optional<Evaluation> before =
                sql.first("select * from evaluation where name = ? for update", PostgresEvaluations::read, name);
        Optional<Evaluation> after = before.map(transition);
        if (before.equals(after)) {
            return before;
        }
        write(sql, after.orElseThrow());
        return find(sql, name);
    }

    private static void write(Sql sql, Evaluation evaluation) throws SQLException {
        LanguageModelScore score = evaluation.tally().score();
        sql.update(
                """
                update evaluation set state = ?, tokens = ?, windows = ?, scored_tokens = ?, scored_bytes = ?, nats = ?,
                    failure_reason = ?, failure_message = ?, revision = revision + 1, update_time = now()
                where name = ?
                """,
                evaluation.state().name(),
                evaluation.tokens(),
                evaluation.tally().windows(),
                score.tokens(),
                score.bytes(),
                score.negativeLogLikelihood(),
                evaluation.failureReason(),
                evaluation.failureMessage(),
                evaluation.name());
    }

    private static Evaluation read(ResultSet row) throws SQLException {
        return new Evaluation(
                row.getString("name"),
                row.getString("run"),
                row.getString("model_version"),
                row.getString("dataset"),
                row.getLong("max_tokens"),
                row.getInt("priority"),
                State.valueOf(row.getString("state")),
                row.getLong("tokens"),
                new Tally(
                        row.getLong("windows"),
                        new LanguageModelScore(
                                row.getDouble("nats"), row.getLong("scored_tokens"), row.getLong("scored_bytes"))),
                row.getString("failure_reason"),
                row.getString("failure_message"),
                row.getTimestamp("create_time").toInstant(),
                row.getTimestamp("update_time").toInstant(),
                row.getLong("revision"),
                row.getLong("sequence"));
    }
}
