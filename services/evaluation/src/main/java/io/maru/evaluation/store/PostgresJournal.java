package io.maru.evaluation.store;

import io.maru.evaluation.app.Journal;
import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.State;
import io.maru.evaluation.domain.Tally;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import java.sql.SQLException;
import java.util.function.UnaryOperator;

/** {@link Journal} under a lease: every write proves the lease in its own transaction, and a fact leaves with it. */
public final class PostgresJournal implements Journal {
    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;
    private final Claim claim;

    public PostgresJournal(Database database, WorkQueue queue, Outbox outbox, Claim claim) {
        this.database = database;
        this.queue = queue;
        this.outbox = outbox;
        this.claim = claim;
    }

    @Override
    public Evaluation read() {
        return database.inTransaction(
                sql -> PostgresEvaluations.find(sql, claim.name()).orElseThrow(this::noRow));
    }

    @Override
    public State start(long tokens) {
        return progress(evaluation -> evaluation.start(tokens));
    }

    @Override
    public State record(Tally tally) {
        return progress(evaluation -> evaluation.progress(tally));
    }

    @Override
    public void succeed() {
        end(Evaluation::succeed);
    }

    @Override
    public void cancel() {
        end(Evaluation::stop);
    }

    @Override
    public void fail(String reason, String message) {
        end(evaluation -> evaluation.fail(reason, message));
    }

    private State progress(UnaryOperator<Evaluation> transition) {
        return database.inTransaction(sql -> {
            queue.hold(sql, claim);
            return change(sql, transition).state();
        });
    }

    private void end(UnaryOperator<Evaluation> transition) {
        database.run(sql -> {
            queue.finish(sql, claim);
            long revision = PostgresEvaluations.find(sql, claim.name())
                    .orElseThrow(this::noRow)
                    .revision();
            Evaluation ended = change(sql, transition);
            if (ended.revision() == revision) {
                // It had ended before, and was told of then.
                return;
            }
            switch (ended.state()) {
                case SUCCEEDED -> outbox.append(sql, EvaluationFacts.completed(ended));
                case FAILED -> outbox.append(sql, EvaluationFacts.failed(ended));
                case CANCELLED -> {}
                case PENDING, RUNNING, CANCELLING ->
                    throw new IllegalStateException(ended.name() + ": " + ended.state() + " (expected: its end)");
            }
        });
    }

    private Evaluation change(Sql sql, UnaryOperator<Evaluation> transition) throws SQLException {
        return PostgresEvaluations.change(sql, claim.name(), transition).orElseThrow(this::noRow);
    }

    private IllegalStateException noRow() {
        return new IllegalStateException(claim.name() + ": no row (expected: one for each piece of work)");
    }
}
