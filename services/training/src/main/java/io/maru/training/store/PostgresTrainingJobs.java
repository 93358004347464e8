package io.maru.training.store;

import static io.maru.training.domain.TrainingReason.TRAINING_JOB_NOT_FOUND;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Fact;
import io.maru.platform.event.Outbox;
import io.maru.platform.name.ResourceName;
import io.maru.platform.work.WorkQueue;
import io.maru.training.app.TrainingJobCatalog;
import io.maru.training.domain.Choice;
import io.maru.training.domain.HistoryPoint;
import io.maru.training.domain.InitialWeights;
import io.maru.training.domain.JobDetails;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** The tables {@code training_job} and {@code training_measurement}. */
public final class PostgresTrainingJobs implements TrainingJobCatalog {
    /** What the work queue calls this work. */
    public static final String KIND = "training";

    /** What the work queue calls the work of a seat. */
    public static final String SEAT_KIND = "training-seat";

    private static final JsonMapper JSON = new JsonMapper();

    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;

    public PostgresTrainingJobs(Database database, WorkQueue queue, Outbox outbox) {
        this.database = database;
        this.queue = queue;
        this.outbox = outbox;
    }

    @Override
    public Optional<TrainingJob> find(String name) {
        return database.inTransaction(sql -> find(sql, name, false));
    }

    @Override
    public Optional<TrainingJob> findByRequest(String requestKey) {
        return database.inTransaction(sql ->
                sql.first("select * from training_job where request_key = ?", PostgresTrainingJobs::read, requestKey));
    }

    @Override
    public List<TrainingJob> list(String workspace, long before, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from training_job where workspace = ? and sequence < ? order by sequence desc limit ?",
                PostgresTrainingJobs::read,
                workspace,
                before,
                limit));
    }

    @Override
    public boolean add(String requestKey, TrainingJob job) {
        return database.inTransaction(sql -> {
            // Without a conflict target: name, request and run are each taken at most once.
            int added = sql.update(
                    """
                    insert into training_job
                        (name, workspace, request_key, run, training, dataset, tokenizer, spec, asked, init, init_weights,
                         recipe, priority, choices, state, parameters, preflight, create_time, update_time)
                    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    on conflict do nothing
                    """,
                    job.name(),
                    ResourceName.workspace(job.name()),
                    requestKey,
                    job.request().run(),
                    job.request().training(),
                    job.request().dataset(),
                    job.request().tokenizer(),
                    write(job.request().spec()),
                    write(job.asked()),
                    job.request().init(),
                    job.init().map(PostgresTrainingJobs::write).orElse(""),
                    job.request().recipe(),
                    job.request().priority(),
                    write(job.choices()),
                    job.state().name(),
                    job.parameters(),
                    write(job.preflight()),
                    job.createTime(),
                    job.updateTime());
            if (added == 1) {
                queue.enqueue(sql, KIND, job.name(), job.request().priority());
            }
            return added == 1;
        });
    }

    @Override
    public TrainingJob change(String name, TrainingJob.Command command) {
        return database.inTransaction(sql -> {
            // The order of locks is the workers': first the work, then the job.
            boolean held = queue.isHeld(sql, name);
            TrainingJob job = find(sql, name, true)
                    .orElseThrow(() ->
                            TRAINING_JOB_NOT_FOUND.because("%s: no such training job (expected: one created)", name));
            TrainingJob.State state = job.after(command, held);
            if (state == job.state()) {
                return job;
            }
            sql.update("update training_job set pause_reason = '' where name = ?", name);
            if (state == TrainingJob.State.PENDING) {
                queue.enqueue(sql, KIND, name, job.request().priority());
            } else if (!held) {
                queue.withdraw(sql, KIND, name);
            }
            return setState(sql, name, state);
        });
    }

    @Override
    public List<Numbered> measurements(String name, long after, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from training_measurement where job = ? and sequence > ? order by sequence limit ?",
                row -> new Numbered(row.getLong("sequence"), readMeasurement(row)),
                name,
                after,
                limit));
    }

    /*
     * The first and the last of each part are found by their places, so that no part's measurements need be held or sorted:
     * a million rows are read once, for as many numbers as there are points. None of it is a join, and both parts of it are
     * worked out once: where the planner has no statistics of a job yet, it takes it for one of few rows, and does for each of
     * its rows what takes all of them.
     */
    @Override
    public List<HistoryPoint> history(String name, int maxPoints) {
        return database.inTransaction(sql ->
                sql.list("""
                with ends as materialized (
                    select min(step) as origin, max(step) - min(step) + 1 as steps from training_measurement where job = ?
                ), part as materialized (
                    select min(step) as first_step, max(step) as last_step, count(*) as measurements,
                        min(sequence) as first, max(sequence) as last,
                        max(sequence) filter (where validation_loss is not null) as validated,
                        min(min_loss) as min_loss,
                        max(max_loss) as max_loss,
                        max(gradient_norm) as max_gradient_norm,
                        avg(tokens_per_second) as tokens_per_second, avg(flops_per_second) as flops_per_second,
                        avg(mfu) as mfu, avg(step_seconds) as step_seconds,
                        avg(data_wait_seconds) as data_wait_seconds, max(memory_bytes) as memory_bytes
                    from training_measurement, ends
                    where job = ?
                    group by (step - origin) * least(?, steps) / steps
                )
                select part.*,
                    (select loss from training_measurement where job = ? and sequence = first) as first_loss,
                    (select loss from training_measurement where job = ? and sequence = last) as last_loss,
                    (select learning_rate from training_measurement where job = ? and sequence = last) as learning_rate,
                    (select validation_loss from training_measurement where job = ? and sequence = validated)
                from part
                order by first_step
                """, PostgresTrainingJobs::readPoint, name, name, (long) maxPoints, name, name, name, name));
    }

    /** Brings the job to a state, and tells what others should know of it. */
    TrainingJob setState(Sql sql, String name, TrainingJob.State state) throws SQLException {
        sql.update(
                "update training_job set state = ?, revision = revision + 1, update_time = now() where name = ?",
                state.name(),
                name);
        TrainingJob job = find(sql, name, false).orElseThrow();
        if (state.isFinal() || state == TrainingJob.State.PAUSED) {
            PostgresSeat.close(sql, queue, name);
        }
        Optional<Fact> fact = TrainingFacts.reached(job);
        if (fact.isPresent()) {
            outbox.append(sql, fact.get());
        }
        return job;
    }

    void setPreflight(Sql sql, String name, Preflight preflight) throws SQLException {
        sql.update("update training_job set preflight = ? where name = ?", write(preflight), name);
    }

    TrainingJob setProgress(Sql sql, String name, Progress progress) throws SQLException {
        sql.update(
                """
                update training_job
                set step = ?, loss = ?, validation_loss = ?, tokens_per_second = ?, last_checkpoint = ?,
                    revision = revision + 1, update_time = now()
                where name = ?
                """,
                progress.step(),
                progress.loss(),
                progress.validationLoss(),
                progress.tokensPerSecond(),
                progress.lastCheckpoint(),
                name);
        return find(sql, name, false).orElseThrow();
    }

    static void addMeasurements(Sql sql, String name, List<Measurement> measured) throws SQLException {
        for (Measurement measurement : measured) {
            sql.update(
                    """
                    insert into training_measurement
                        (job, step, loss, min_loss, max_loss, learning_rate, gradient_norm, tokens_per_second,
                         flops_per_second, mfu, step_seconds, data_wait_seconds, memory_bytes, validation_loss, time)
                    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                    name,
                    measurement.step(),
                    measurement.loss(),
                    measurement.minLoss(),
                    measurement.maxLoss(),
                    measurement.learningRate(),
                    measurement.gradientNorm(),
                    measurement.tokensPerSecond(),
                    measurement.cost().flopsPerSecond(),
                    measurement.cost().mfu(),
                    measurement.cost().stepSeconds(),
                    measurement.cost().dataWaitSeconds(),
                    measurement.cost().memoryBytes(),
                    measurement.validationLoss().isPresent()
                            ? measurement.validationLoss().getAsDouble()
                            : null,
                    measurement.time());
        }
    }

    /** @param locked against other changes until the transaction ends */
    static Optional<TrainingJob> find(Sql sql, String name, boolean locked) throws SQLException {
        return sql.first(
                "select * from training_job where name = ?" + (locked ? " for update" : ""),
                PostgresTrainingJobs::read,
                name);
    }

    private static TrainingJob read(ResultSet row) throws SQLException {
        String init = row.getString("init_weights");
        return new TrainingJob(
                row.getString("name"),
                new TrainingRequest(
                        row.getString("run"),
                        row.getString("training"),
                        row.getString("dataset"),
                        row.getString("tokenizer"),
                        read(row.getString("spec"), TrainingSpec.class),
                        row.getString("init"),
                        row.getString("recipe"),
                        row.getInt("priority")),
                read(row.getString("asked"), TrainingSpec.class),
                init.isEmpty() ? Optional.empty() : Optional.of(read(init, InitialWeights.class)),
                List.of(read(row.getString("choices"), Choice[].class)),
                TrainingJob.State.valueOf(row.getString("state")),
                new Progress(
                        row.getLong("step"),
                        row.getDouble("loss"),
                        row.getDouble("validation_loss"),
                        row.getDouble("tokens_per_second"),
                        row.getString("last_checkpoint")),
                row.getLong("parameters"),
                read(row.getString("preflight"), Preflight.class),
                row.getString("failure_reason"),
                row.getString("failure_message"),
                row.getTimestamp("create_time").toInstant(),
                row.getTimestamp("update_time").toInstant(),
                row.getLong("revision"),
                row.getLong("sequence"),
                new JobDetails(
                        row.getString("best_checkpoint"),
                        row.getDouble("best_validation_loss"),
                        row.getLong("skipped_batches"),
                        row.getString("pause_reason"),
                        row.getString("inexact")));
    }

    private static Measurement readMeasurement(ResultSet row) throws SQLException {
        return new Measurement(
                row.getLong("step"),
                row.getDouble("loss"),
                row.getDouble("min_loss"),
                row.getDouble("max_loss"),
                row.getDouble("learning_rate"),
                row.getDouble("gradient_norm"),
                row.getDouble("tokens_per_second"),
                readCost(row),
                optional(row, "validation_loss"),
                row.getTimestamp("time").toInstant());
    }

    private static HistoryPoint readPoint(ResultSet row) throws SQLException {
        return new HistoryPoint(
                row.getLong("first_step"),
                row.getLong("last_step"),
                row.getLong("measurements"),
                row.getDouble("first_loss"),
                row.getDouble("min_loss"),
                row.getDouble("max_loss"),
                row.getDouble("last_loss"),
                optional(row, "validation_loss"),
                row.getDouble("learning_rate"),
                row.getDouble("max_gradient_norm"),
                row.getDouble("tokens_per_second"),
                readCost(row));
    }

    private static Measurement.Cost readCost(ResultSet row) throws SQLException {
        return new Measurement.Cost(
                row.getDouble("flops_per_second"),
                row.getDouble("mfu"),
                row.getDouble("step_seconds"),
                row.getDouble("data_wait_seconds"),
                row.getLong("memory_bytes"));
    }

    private static OptionalDouble optional(ResultSet row, String column) throws SQLException {
        double value = row.getDouble(column);
        return row.wasNull() ? OptionalDouble.empty() : OptionalDouble.of(value);
    }

    private static String write(Object spec) {
        try {
            return JSON.writeValueAsString(spec);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T read(String json, Class<T> type) {
        try {
            return JSON.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
