package io.maru.training.store;

import static io.maru.training.domain.TrainingReason.TRAINING_JOB_NOT_FOUND;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Fact;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.WorkQueue;
import io.maru.training.app.TrainingJobCatalog;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.ModelSpec;
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
    public Optional<TrainingJob> findByRequest(String requestId) {
        return database.inTransaction(sql ->
                sql.first("select * from training_job where request_id = ?", PostgresTrainingJobs::read, requestId));
    }

    @Override
    public List<TrainingJob> list(long before, int most) {
        return database.inTransaction(sql -> sql.list(
                "select * from training_job where sequence < ? order by sequence desc limit ?",
                PostgresTrainingJobs::read,
                before,
                most));
    }

    @Override
    public boolean add(String requestId, TrainingJob job) {
        return database.inTransaction(sql -> {
            // Without a conflict target: name, request and run are each taken at most once.
            int added = sql.update(
                    """
                    insert into training_job
                        (name, request_id, run, dataset, model, training, recipe, state, parameters, create_time,
                         update_time)
                    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    on conflict do nothing
                    """,
                    job.name(),
                    requestId,
                    job.request().run(),
                    job.request().dataset(),
                    write(job.request().model()),
                    write(job.request().training()),
                    job.request().recipe(),
                    job.state().name(),
                    job.parameters(),
                    job.createTime(),
                    job.updateTime());
            if (added == 1) {
                queue.enqueue(sql, KIND, job.name());
            }
            return added == 1;
        });
    }

    @Override
    public TrainingJob change(String name, TrainingJob.Wish wish) {
        return database.inTransaction(sql -> {
            // The order of locks is the workers': first the work, then the job.
            boolean held = sql.first(
                            "select owner is not null and expire_time >= now() as held from work where name = ? for update",
                            row -> row.getBoolean("held"),
                            name)
                    .orElse(false);
            TrainingJob job = find(sql, name, true)
                    .orElseThrow(() ->
                            TRAINING_JOB_NOT_FOUND.because("%s: no such training job (expected: one created)", name));
            TrainingJob.State state = job.after(wish, held);
            if (state == job.state()) {
                return job;
            }
            if (state == TrainingJob.State.PENDING) {
                queue.enqueue(sql, KIND, name);
            } else if (!held) {
                sql.update("delete from work where name = ?", name);
            }
            return setState(sql, name, state);
        });
    }

    @Override
    public List<Numbered> measurements(String name, long after, int most) {
        return database.inTransaction(sql -> sql.list(
                "select * from training_measurement where job = ? and sequence > ? order by sequence limit ?",
                row -> new Numbered(row.getLong("sequence"), readMeasurement(row)),
                name,
                after,
                most));
    }

    /** Brings the job to a state, and tells what others should know of it. */
    TrainingJob setState(Sql sql, String name, TrainingJob.State state) throws SQLException {
        sql.update(
                "update training_job set state = ?, revision = revision + 1, update_time = now() where name = ?",
                state.name(),
                name);
        TrainingJob job = find(sql, name, false).orElseThrow();
        if (state.isFinal() || state == TrainingJob.State.PAUSED) {
            PostgresSeat.close(sql, name);
        }
        Optional<Fact> fact = TrainingFacts.reached(job);
        if (fact.isPresent()) {
            outbox.append(sql, fact.get());
        }
        return job;
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
                        (job, step, loss, learning_rate, gradient_norm, tokens_per_second, validation_loss, time)
                    values (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                    name,
                    measurement.step(),
                    measurement.loss(),
                    measurement.learningRate(),
                    measurement.gradientNorm(),
                    measurement.tokensPerSecond(),
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
        return new TrainingJob(
                row.getString("name"),
                new TrainingRequest(
                        row.getString("run"),
                        row.getString("dataset"),
                        read(row.getString("model"), ModelSpec.class),
                        read(row.getString("training"), TrainingSpec.class),
                        row.getString("recipe")),
                TrainingJob.State.valueOf(row.getString("state")),
                new Progress(
                        row.getLong("step"),
                        row.getDouble("loss"),
                        row.getDouble("validation_loss"),
                        row.getDouble("tokens_per_second"),
                        row.getString("last_checkpoint")),
                row.getLong("parameters"),
                row.getString("failure_reason"),
                row.getString("failure_message"),
                row.getTimestamp("create_time").toInstant(),
                row.getTimestamp("update_time").toInstant(),
                row.getLong("revision"),
                row.getLong("sequence"),
                row.getString("inexact"));
    }

    private static Measurement readMeasurement(ResultSet row) throws SQLException {
        double validationLoss = row.getDouble("validation_loss");
        boolean validated = !row.wasNull();
        return new Measurement(
                row.getLong("step"),
                row.getDouble("loss"),
                row.getDouble("learning_rate"),
                row.getDouble("gradient_norm"),
                row.getDouble("tokens_per_second"),
                validated ? OptionalDouble.of(validationLoss) : OptionalDouble.empty(),
                row.getTimestamp("time").toInstant());
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
