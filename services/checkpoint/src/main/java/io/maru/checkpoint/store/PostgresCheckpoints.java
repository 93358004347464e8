package io.maru.checkpoint.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.checkpoint.app.CheckpointCatalog;
import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.v1.CheckpointCorrupted;
import io.maru.checkpoint.v1.CheckpointDeleted;
import io.maru.checkpoint.v1.CheckpointRegistered;
import io.maru.formats.Manifest;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Fact;
import io.maru.platform.event.Outbox;
import io.maru.platform.work.WorkQueue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The table {@code checkpoint}. A row keeps the manifest itself, so the list of files has one form only. */
public final class PostgresCheckpoints implements CheckpointCatalog {
    /** What the work queue calls the removal of a deleted checkpoint's files. */
    public static final String REMOVAL = "checkpoint-removal";

    private static final String REGISTERED = "maru.checkpoint.registered.v1";
    private static final String DELETED = "maru.checkpoint.deleted.v1";
    private static final String CORRUPTED = "maru.checkpoint.corrupted.v1";

    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;

    public PostgresCheckpoints(Database database, WorkQueue queue, Outbox outbox) {
        this.database = database;
        this.queue = queue;
        this.outbox = outbox;
    }

    @Override
    public Optional<Checkpoint> find(CheckpointName name) {
        return database.inTransaction(sql ->
                sql.first("select * from checkpoint where name = ?", PostgresCheckpoints::read, name.toString()));
    }

    @Override
    public Optional<Checkpoint> findByRequest(String requestKey) {
        return database.inTransaction(sql ->
                sql.first("select * from checkpoint where request_key = ?", PostgresCheckpoints::read, requestKey));
    }

    @Override
    public List<Checkpoint> list(String run, String training, long after, int limit) {
        return database.inTransaction(sql -> sql.list(
                String.format(Locale.ROOT, """
                select * from checkpoint
                where run = ? and (? = '' or training = ?) and state <> 'DELETED'
                    and (? = %d
                        or (training, -step) > (select training, -step from checkpoint where run = ? and sequence = ?))
                order by training, -step limit ?
                """, Long.MAX_VALUE),
                PostgresCheckpoints::read,
                run,
                training,
                training,
                after,
                run,
                after,
                limit));
    }

    @Override
    public void register(String requestKey, Checkpoint checkpoint) {
        String name = checkpoint.name().toString();
        database.run(sql -> {
            // Without a conflict target: a request or a name that is taken are both left as they are.
            int changed = sql.update(
                    """
                    insert into checkpoint
                        (name, request_key, run, training, step, state, dataset, tokenizer, validation_loss, manifest,
                            create_time)
                    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    on conflict do nothing
                    """,
                    name,
                    requestKey,
                    checkpoint.name().run(),
                    checkpoint.name().training(),
                    checkpoint.name().step(),
                    checkpoint.state().name(),
                    checkpoint.dataset(),
                    checkpoint.tokenizer(),
                    checkpoint.validationLoss(),
                    json(checkpoint.manifest()),
                    checkpoint.createTime());
            boolean replaces = changed == 0
                    && findForUpdate(sql, name)
                            .filter(present -> !present.isActive())
                            .isPresent();
            if (replaces) {
                changed = sql.update(
                        """
                        update checkpoint
                        set request_key = ?, state = ?, dataset = ?, tokenizer = ?, validation_loss = ?, manifest = ?,
                            create_time = ?, corruption = '', verify_time = now()
                        where name = ?
                        """,
                        requestKey,
                        checkpoint.state().name(),
                        checkpoint.dataset(),
                        checkpoint.tokenizer(),
                        checkpoint.validationLoss(),
                        json(checkpoint.manifest()),
                        checkpoint.createTime(),
                        name);
            }
            if (changed == 1) {
                CheckpointRegistered fact = CheckpointRegistered.newBuilder()
                        .setCheckpoint(name)
                        .setRun(checkpoint.name().run())
                        .setTraining(checkpoint.name().training())
                        .setStep(checkpoint.name().step())
                        .setManifestSha256(checkpoint.manifest().digest())
                        .setSize(checkpoint.size())
                        .build();
                outbox.append(sql, Fact.of(REGISTERED, name, checkpoint.name().run(), fact));
            }
        });
    }

    @Override
    public Optional<Checkpoint> nextToVerify(Duration age) {
        return database.inTransaction(sql -> sql.first("""
                update checkpoint set verify_time = now() where name = (
                    select name from checkpoint
                    where state = 'ACTIVE' and verify_time < now() - ? * interval '1 millisecond'
                    order by verify_time limit 1 for update skip locked)
                returning *
                """, PostgresCheckpoints::read, age.toMillis()));
    }

    @Override
    public void markCorrupt(CheckpointName name, String message) {
        database.run(sql -> {
            Optional<Checkpoint> active = findForUpdate(sql, name.toString()).filter(Checkpoint::isActive);
            if (active.isPresent()) {
                setState(sql, name, Checkpoint.State.CORRUPT, message);
                CheckpointCorrupted fact = CheckpointCorrupted.newBuilder()
                        .setCheckpoint(name.toString())
                        .setMessage(message)
                        .build();
                outbox.append(sql, Fact.of(CORRUPTED, name.toString(), name.run(), fact));
            }
        });
    }

    @Override
    public void markDeleted(CheckpointName name) {
        database.run(sql -> {
            Checkpoint checkpoint = findForUpdate(sql, name.toString()).orElseThrow();
            if (!checkpoint.isDeleted()) {
                setState(sql, name, Checkpoint.State.DELETED, "");
                CheckpointDeleted fact = CheckpointDeleted.newBuilder()
                        .setCheckpoint(name.toString())
                        .setRun(name.run())
                        .setTraining(name.training())
                        .setStep(name.step())
                        .setSize(checkpoint.size())
                        .build();
                queue.enqueue(sql, REMOVAL, name.toString(), 0);
                outbox.append(sql, Fact.of(DELETED, name.toString(), name.run(), fact));
            }
        });
    }

    private static void setState(Sql sql, CheckpointName name, Checkpoint.State state, String corruption)
            throws SQLException {
        sql.update(
                "update checkpoint set state = ?, corruption = ? where name = ?",
                state.name(),
                corruption,
                name.toString());
    }

    @Override
    public void keepFiles(CheckpointName name) {
        // Waits for a removal that has begun, and takes the place of one that has not.
        database.run(sql -> queue.withdraw(sql, REMOVAL, name.toString()));
    }

    /** The row, which nobody else changes before the transaction ends. */
    static Optional<Checkpoint> findForUpdate(Sql sql, String name) throws SQLException {
        return sql.first("select * from checkpoint where name = ? for update", PostgresCheckpoints::read, name);
    }

    static Manifest manifest(String json) {
        return Manifest.fromJson(json.getBytes(UTF_8));
    }

    static String json(Manifest manifest) {
        return new String(manifest.toJson(), UTF_8);
    }

    private static Checkpoint read(ResultSet row) throws SQLException {
        return new Checkpoint(
                new CheckpointName(row.getString("run"), row.getString("training"), row.getLong("step")),
                Checkpoint.State.valueOf(row.getString("state")),
                row.getString("dataset"),
                row.getString("tokenizer"),
                row.getDouble("validation_loss"),
                manifest(row.getString("manifest")),
                row.getTimestamp("create_time").toInstant(),
                row.getLong("sequence"));
    }
}
