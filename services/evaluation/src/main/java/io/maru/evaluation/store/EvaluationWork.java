package io.maru.evaluation.store;

import io.maru.evaluation.app.Evaluator;
import io.maru.evaluation.app.Journal;
import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.State;
import io.maru.evaluation.domain.Tally;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Fact;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import java.io.IOException;
import java.sql.SQLException;
import java.util.function.Function;

/** Evaluations as leased work: every write proves the lease in its own transaction, and a fact leaves with it. */
public final class EvaluationWork implements Worker.Work {
    private final Evaluator evaluator;
    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;
    private final Function<Evaluation, Fact> completed;
    private final Function<Evaluation, Fact> failed;

    public EvaluationWork(
            Evaluator evaluator,
            Database database,
            WorkQueue queue,
            Outbox outbox,
            Function<Evaluation, Fact> completed,
            Function<Evaluation, Fact> failed) {
        this.evaluator = evaluator;
        this.database = database;
        this.queue = queue;
        this.outbox = outbox;
        this.completed = completed;
        this.failed = failed;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        evaluator.evaluate(new LeasedJournal(claim));
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        database.run(sql -> {
            queue.finish(sql, claim);
            int changed = sql.update("""
                    update evaluation set state = 'FAILED', failure_reason = ?, failure_message = ?,
                        revision = revision + 1, update_time = now()
                    where name = ? and state in ('PENDING', 'RUNNING')
                    """, reason, message, claim.name());
            if (changed == 1) {
                outbox.append(sql, failed.apply(read(sql, claim)));
            } else {
                cancel(sql, claim);
            }
        });
    }

    private static void cancel(Sql sql, Claim claim) throws SQLException {
        sql.update("""
                update evaluation set state = 'CANCELLED', revision = revision + 1, update_time = now()
                where name = ? and state = 'CANCELLING'
                """, claim.name());
    }

    private static Evaluation read(Sql sql, Claim claim) throws SQLException {
        return PostgresEvaluations.find(sql, claim.name())
                .orElseThrow(() ->
                        new IllegalStateException(claim.name() + ": no row (expected: one for each piece of work)"));
    }

    private final class LeasedJournal implements Journal {
        private final Claim claim;

        LeasedJournal(Claim claim) {
            this.claim = claim;
        }

        @Override
        public Evaluation read() {
            return database.inTransaction(sql -> EvaluationWork.read(sql, claim));
        }

        @Override
        public State start(long tokens) {
            return change("state = 'RUNNING', tokens = ?", tokens);
        }

        @Override
        public State record(Tally tally) {
            return change(
                    "windows = ?, scored_tokens = ?, scored_bytes = ?, nats = ?",
                    tally.windows(),
                    tally.score().tokens(),
                    tally.score().bytes(),
                    tally.score().negativeLogLikelihood());
        }

        /** Changes the row unless somebody has cancelled it. */
        private State change(String assignments, Object... values) {
            return database.inTransaction(sql -> {
                queue.hold(sql, claim);
                Object[] parameters = new Object[values.length + 1];
                System.arraycopy(values, 0, parameters, 0, values.length);
                parameters[values.length] = claim.name();
                sql.update(
                        "update evaluation set " + assignments + ", revision = revision + 1, update_time = now()"
                                + " where name = ? and state in ('PENDING', 'RUNNING')",
                        parameters);
                return EvaluationWork.read(sql, claim).state();
            });
        }

        @Override
        public void succeed() {
            database.run(sql -> {
                queue.finish(sql, claim);
                int changed = sql.update("""
                        update evaluation set state = 'SUCCEEDED', revision = revision + 1, update_time = now()
                        where name = ? and state = 'RUNNING'
                        """, claim.name());
                if (changed == 1) {
                    outbox.append(sql, completed.apply(EvaluationWork.read(sql, claim)));
                } else {
                    EvaluationWork.cancel(sql, claim);
                }
            });
        }

        @Override
        public void cancel() {
            database.run(sql -> {
                queue.finish(sql, claim);
                EvaluationWork.cancel(sql, claim);
            });
        }
    }
}
