package io.maru.control.store;

import io.maru.control.app.RunStore;
import io.maru.control.domain.Failure;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.domain.RunState;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.Stage;
import io.maru.control.v1.RunChanged;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Fact;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.WorkQueue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** {@link RunStore} in PostgreSQL. A run's newest event holds its progress, so the two are read together. */
public final class PostgresRuns implements RunStore {
    private static final String RUNS = """
            select r.*, e.time, e.done, e.total, e.unit, e.loss, e.validation_loss, e.tokens_per_second, e.seconds_left,
                e.message
            from run r join run_event e on e.run = r.name and e.sequence = r.sequence
            """;

    private final Database database;
    private final WorkQueue work;
    private final Outbox outbox;

    public PostgresRuns(Database database, WorkQueue work, Outbox outbox) {
        this.database = database;
        this.work = work;
        this.outbox = outbox;
    }

    @Override
    public boolean create(String name, String requestId, String recipe, List<String> sources, Instant now) {
        RunStatus status = RunStatus.submitted(now);
        return database.inTransaction(sql -> {
            int rows = sql.update(
                    """
                    insert into run (name, request_id, recipe, sources, create_time, state, stage, results, stages, troubles,
                        sequence)
                    values (?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?::jsonb, ?, ?)
                    on conflict do nothing
                    """,
                    name,
                    requestId,
                    recipe,
                    sources.toArray(String[]::new),
                    now,
                    status.state().name(),
                    status.stage().name(),
                    RunJson.results(status.results()),
                    RunJson.stages(status.stages()),
                    status.troubles(),
                    status.sequence());
            if (rows == 0) {
                return false;
            }
            insertEvent(sql, name, status);
            work.enqueue(sql, RunWork.KIND, name);
            outbox.append(sql, changed(name, status));
            return true;
        });
    }

    @Override
    public Optional<Run> find(String name) {
        return database.inTransaction(sql -> sql.first(RUNS + "where r.name = ?", PostgresRuns::run, name));
    }

    @Override
    public Optional<Run> byRequest(String requestId) {
        return database.inTransaction(sql -> sql.first(RUNS + "where r.request_id = ?", PostgresRuns::run, requestId));
    }

    @Override
    public List<Run> list(long before, int most) {
        return database.inTransaction(sql -> sql.list(
                RUNS + "where r.position < ? order by r.position desc limit ?", PostgresRuns::run, before, most));
    }

    @Override
    public List<RunEvent> events(String name, long after, int most) {
        return database.inTransaction(sql -> sql.list(
                "select * from run_event where run = ? and sequence > ? order by sequence limit ?",
                row -> new RunEvent(
                        row.getLong("sequence"),
                        row.getTimestamp("time").toInstant(),
                        RunState.valueOf(row.getString("state")),
                        Stage.valueOf(row.getString("stage")),
                        progress(row),
                        row.getString("message")),
                name,
                after,
                most));
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
    public boolean save(Run run, RunStatus next) {
        RunStatus before = run.status();
        return database.inTransaction(sql -> {
            int rows = sql.update(
                    """
                    update run set state = ?, stage = ?, results = ?::jsonb, stages = ?::jsonb, failure_domain = ?,
                        failure_reason = ?, failure_message = ?, end_time = ?, troubles = ?, sequence = ?
                    where name = ? and sequence = ?
                    """,
                    next.state().name(),
                    next.stage().name(),
                    RunJson.results(next.results()),
                    RunJson.stages(next.stages()),
                    next.failure().map(Failure::domain).orElse(null),
                    next.failure().map(Failure::reason).orElse(null),
                    next.failure().map(Failure::message).map(RunJson::storable).orElse(null),
                    next.endTime().map(Timestamp::from).orElse(null),
                    next.troubles(),
                    next.sequence(),
                    run.name(),
                    before.sequence());
            if (rows == 0) {
                return false;
            }
            if (next.sequence() > before.sequence()) {
                insertEvent(sql, run.name(), next);
            }
            if (next.state() != before.state() || next.stage() != before.stage()) {
                outbox.append(sql, changed(run.name(), next));
            }
            return true;
        });
    }

    private static void insertEvent(Sql sql, String run, RunStatus status) throws SQLException {
        Progress progress = status.progress();
        sql.update(
                """
                insert into run_event (run, sequence, time, state, stage, done, total, unit, loss, validation_loss,
                    tokens_per_second, seconds_left, message)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                run,
                status.sequence(),
                status.time(),
                status.state().name(),
                status.stage().name(),
                progress.done(),
                progress.total(),
                progress.unit(),
                orNull(progress.loss()),
                orNull(progress.validationLoss()),
                orNull(progress.tokensPerSecond()),
                orNull(progress.secondsLeft()),
                RunJson.storable(status.message()));
    }

    static Fact changed(String run, RunStatus status) {
        return Fact.of(
                "maru.run.changed.v1",
                run,
                run,
                RunChanged.newBuilder()
                        .setRun(run)
                        .setState(status.state().name())
                        .setStage(status.stage().name())
                        .setModelVersion(status.results().getOrDefault(Result.MODEL_VERSION, ""))
                        .setFailureReason(status.failure().map(Failure::reason).orElse(""))
                        .setFailureMessage(
                                status.failure().map(Failure::message).orElse(""))
                        .build());
    }

    private static Run run(ResultSet row) throws SQLException {
        Timestamp end = row.getTimestamp("end_time");
        String failureDomain = row.getString("failure_domain");
        return new Run(
                row.getString("name"),
                row.getLong("position"),
                row.getString("request_id"),
                row.getString("recipe"),
                List.of((String[]) row.getArray("sources").getArray()),
                row.getTimestamp("create_time").toInstant(),
                new RunStatus(
                        row.getLong("sequence"),
                        row.getTimestamp("time").toInstant(),
                        RunState.valueOf(row.getString("state")),
                        Stage.valueOf(row.getString("stage")),
                        progress(row),
                        row.getString("message"),
                        RunJson.results(row.getString("results")),
                        RunJson.stages(row.getString("stages")),
                        failureDomain == null
                                ? Optional.empty()
                                : Optional.of(new Failure(
                                        failureDomain,
                                        row.getString("failure_reason"),
                                        row.getString("failure_message"))),
                        Optional.ofNullable(end).map(Timestamp::toInstant),
                        row.getInt("troubles")));
    }

    private static Progress progress(ResultSet row) throws SQLException {
        return new Progress(
                row.getLong("done"),
                row.getLong("total"),
                row.getString("unit"),
                optional(row, "loss"),
                optional(row, "validation_loss"),
                optional(row, "tokens_per_second"),
                optional(row, "seconds_left"));
    }

    private static OptionalDouble optional(ResultSet row, String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private static Double orNull(OptionalDouble value) {
        return value.isPresent() ? value.getAsDouble() : null;
    }
}
