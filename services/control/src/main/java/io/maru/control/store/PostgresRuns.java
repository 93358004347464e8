package io.maru.control.store;

import io.maru.control.app.RunStore;
import io.maru.control.domain.Failure;
import io.maru.control.domain.Plan;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.domain.RunState;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.StepState;
import io.maru.control.domain.StepStatus;
import io.maru.control.v1.RunChanged;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Fact;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** {@link RunStore} in PostgreSQL. */
public final class PostgresRuns implements RunStore {
    /** The kind of work that conducting a run is. */
    public static final String WORK = "run";

    private final Database database;
    private final WorkQueue work;
    private final Outbox outbox;

    public PostgresRuns(Database database, WorkQueue work, Outbox outbox) {
        this.database = database;
        this.work = work;
        this.outbox = outbox;
    }

    @Override
    public boolean create(NewRun run, Instant now) {
        RunStatus status = RunStatus.submitted(run.plan(), now);
        return database.inTransaction(sql -> {
            int rows = sql.update(
                    """
                    insert into run (name, workspace, request_key, recipe, sources, priority, create_time, plan, state, steps,
                        time, about, message, sequence)
                    values (?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?::jsonb, ?, ?, ?, ?)
                    on conflict do nothing
                    """,
                    run.name(),
                    run.name().substring(0, run.name().indexOf("/runs/")),
                    run.requestKey(),
                    run.recipe(),
                    run.sources().toArray(String[]::new),
                    run.priority(),
                    now,
                    RunJson.plan(run.plan()),
                    status.state().name(),
                    RunJson.steps(status.steps()),
                    status.time(),
                    status.about(),
                    status.message(),
                    status.sequence());
            if (rows == 0) {
                return false;
            }
            insertEvent(sql, run.name(), status.event());
            work.enqueue(sql, WORK, run.name(), run.priority());
            outbox.append(sql, changed(run.name(), status));
            return true;
        });
    }

    @Override
    public Optional<Run> find(String name) {
        return database.inTransaction(sql -> sql.first("select * from run where name = ?", PostgresRuns::run, name));
    }

    @Override
    public Optional<Run> byRequest(String requestKey) {
        return database.inTransaction(
                sql -> sql.first("select * from run where request_key = ?", PostgresRuns::run, requestKey));
    }

    @Override
    public List<Run> list(String workspace, long before, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from run where workspace = ? and position < ? order by position desc limit ?",
                PostgresRuns::run,
                workspace,
                before,
                limit));
    }

    @Override
    public List<RunEvent> events(String name, long after, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from run_event where run = ? and sequence > ? order by sequence limit ?",
                PostgresRuns::event,
                name,
                after,
                limit));
    }

    @Override
    public long open() {
        return database.inTransaction(
                sql -> sql.first("select count(*) from run where end_time is null", row -> row.getLong(1))
                        .orElseThrow());
    }

    /** How many runs are in a state. */
    public long count(RunState state) {
        return database.inTransaction(
                sql -> sql.first("select count(*) from run where state = ?", row -> row.getLong(1), state.name())
                        .orElseThrow());
    }

    @Override
    public boolean finish(Claim claim) {
        return database.inTransaction(sql -> {
            // Locked, so that no retry comes between the look and the end.
            boolean isFinal = sql.first(
                            "select state from run where name = ? for update",
                            row -> RunState.valueOf(row.getString("state")).isFinal(),
                            claim.name())
                    .orElse(true);
            if (isFinal) {
                work.finish(sql, claim);
            }
            return isFinal;
        });
    }

    @Override
    public boolean save(Run run, RunStatus next) {
        RunStatus before = run.status();
        return database.inTransaction(sql -> {
            int rows = sql.update(
                    """
                    update run set state = ?, steps = ?::jsonb, time = ?, about = ?, message = ?, end_time = ?, sequence = ?
                    where name = ? and sequence = ?
                    """,
                    next.state().name(),
                    RunJson.steps(next.steps()),
                    next.time(),
                    next.about(),
                    RunJson.storable(next.message()),
                    next.endTime().map(Timestamp::from).orElse(null),
                    next.sequence(),
                    run.name(),
                    before.sequence());
            if (rows == 0) {
                return false;
            }
            if (next.sequence() > before.sequence()) {
                insertEvent(sql, run.name(), next.event());
            }
            if (next.differsInStates(before)) {
                outbox.append(sql, changed(run.name(), next));
            }
            if (before.state().isFinal() && !next.state().isFinal()) {
                work.enqueue(sql, WORK, run.name(), run.priority());
            }
            return true;
        });
    }

    private static void insertEvent(Sql sql, String run, RunEvent event) throws SQLException {
        Optional<RunEvent.OfStep> step = event.step();
        Progress progress = step.map(RunEvent.OfStep::progress).orElse(Progress.NONE);
        sql.update(
                """
                insert into run_event (run, sequence, time, state, step, step_state, attempt, done, total, unit, numbers,
                    seconds_left, message)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?)
                """,
                run,
                event.sequence(),
                event.time(),
                event.state().name(),
                step.map(RunEvent.OfStep::name).orElse(""),
                step.map(of -> of.state().name()).orElse(""),
                step.map(RunEvent.OfStep::attempt).orElse(0),
                progress.done(),
                progress.total(),
                progress.unit(),
                RunJson.numbers(progress.numbers()),
                progress.secondsLeft().isPresent() ? progress.secondsLeft().getAsDouble() : null,
                RunJson.storable(event.message()));
    }

    static Fact changed(String run, RunStatus status) {
        RunChanged.Builder change =
                RunChanged.newBuilder().setRun(run).setState(status.state().name());
        if (!status.about().isEmpty()) {
            StepStatus step = status.step(status.about());
            change.setStep(status.about())
                    .setKind(status.plan().step(status.about()).kind())
                    .setStepState(step.state().name())
                    .putAllMade(step.made())
                    .setFailureReason(step.failure().map(Failure::reason).orElse(""))
                    .setFailureMessage(step.failure().map(Failure::message).orElse(""));
        }
        return Fact.of("maru.run.changed.v1", run, run, change.build());
    }

    private static Run run(ResultSet row) throws SQLException {
        Plan plan = RunJson.plan(row.getString("plan"));
        Map<String, StepStatus> steps = RunJson.steps(row.getString("steps"));
        return new Run(
                row.getString("name"),
                row.getLong("position"),
                row.getString("request_key"),
                row.getString("recipe"),
                List.of((String[]) row.getArray("sources").getArray()),
                row.getInt("priority"),
                row.getTimestamp("create_time").toInstant(),
                new RunStatus(
                        plan,
                        row.getLong("sequence"),
                        row.getTimestamp("time").toInstant(),
                        RunState.valueOf(row.getString("state")),
                        row.getString("about"),
                        row.getString("message"),
                        steps,
                        Optional.ofNullable(row.getTimestamp("end_time")).map(Timestamp::toInstant)));
    }

    private static RunEvent event(ResultSet row) throws SQLException {
        String step = row.getString("step");
        double secondsLeft = row.getDouble("seconds_left");
        OptionalDouble left = row.wasNull() ? OptionalDouble.empty() : OptionalDouble.of(secondsLeft);
        return new RunEvent(
                row.getLong("sequence"),
                row.getTimestamp("time").toInstant(),
                RunState.valueOf(row.getString("state")),
                step.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new RunEvent.OfStep(
                                step,
                                StepState.valueOf(row.getString("step_state")),
                                row.getInt("attempt"),
                                new Progress(
                                        row.getLong("done"),
                                        row.getLong("total"),
                                        row.getString("unit"),
                                        RunJson.numbers(row.getString("numbers")),
                                        left))),
                row.getString("message"));
    }
}
