package io.maru.checkpoint.store;

import io.maru.checkpoint.app.ModelCatalog;
import io.maru.checkpoint.domain.Checkpoint;
import io.maru.checkpoint.domain.CheckpointName;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.checkpoint.v1.ModelVersionPublished;
import io.maru.formats.Manifest;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Fact;
import io.maru.platform.event.Outbox;
import io.maru.platform.name.ResourceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The table {@code model_version}: a row without a manifest is a number that is taken but not published. */
public final class PostgresModels implements ModelCatalog {
    private static final String PUBLISHED = "maru.model-version.published.v1";

    private final Database database;
    private final Outbox outbox;

    public PostgresModels(Database database, Outbox outbox) {
        this.database = database;
        this.outbox = outbox;
    }

    @Override
    public Optional<Reservation> findByRequest(String requestKey) {
        return database.inTransaction(sql -> findByRequest(sql, requestKey));
    }

    @Override
    public Reservation reserve(String requestKey, String model, Checkpoint checkpoint, Instant now) {
        return database.inTransaction(sql -> {
            // The model's row is the lock under which its versions are numbered.
            sql.update("insert into model (name) values (?) on conflict do nothing", model);
            sql.first("select 1 from model where name = ? for update", row -> true, model);
            // A request is unique over all models, so the row that was there may be of another one.
            sql.update(
                    """
                    insert into model_version
                        (workspace, model, version, request_key, checkpoint, dataset, tokenizer, create_time)
                    select ?, ?, coalesce(max(version), 0) + 1, ?, ?, ?, ?, ? from model_version where model = ?
                    on conflict (request_key) do nothing
                    """,
                    ResourceName.workspace(model),
                    model,
                    requestKey,
                    checkpoint.name().toString(),
                    checkpoint.dataset(),
                    checkpoint.tokenizer(),
                    now,
                    model);
            return findByRequest(sql, requestKey).orElseThrow();
        });
    }

    @Override
    public ModelVersion publish(ModelVersionName name, Manifest manifest) {
        return database.inTransaction(sql -> {
            int changed = sql.update(
                    "update model_version set manifest = ? where model = ? and version = ? and manifest is null",
                    PostgresCheckpoints.json(manifest),
                    name.model(),
                    name.version());
            ModelVersion version = find(sql, name).orElseThrow();
            if (changed == 1) {
                ModelVersionPublished fact = ModelVersionPublished.newBuilder()
                        .setModelVersion(name.toString())
                        .setCheckpoint(version.checkpoint().toString())
                        .setManifestSha256(manifest.digest())
                        .build();
                outbox.append(
                        sql,
                        Fact.of(PUBLISHED, name.toString(), version.checkpoint().run(), fact));
            }
            return version;
        });
    }

    @Override
    public Optional<ModelVersion> find(ModelVersionName name) {
        return database.inTransaction(sql -> find(sql, name));
    }

    @Override
    public Optional<ModelVersion> newest(String model) {
        return database.inTransaction(sql -> sql.first(
                "select * from model_version where model = ? and manifest is not null order by version desc limit 1",
                PostgresModels::read,
                model));
    }

    @Override
    public List<ModelVersion> list(String workspace, long before, int limit) {
        return list("workspace", workspace, before, limit);
    }

    @Override
    public List<ModelVersion> listOf(String model, long before, int limit) {
        return list("model", model, before, limit);
    }

    private List<ModelVersion> list(String column, String value, long before, int limit) {
        return database.inTransaction(
                sql -> sql.list("""
                select * from model_version where %s = ? and sequence < ? and manifest is not null
                order by sequence desc limit ?
                """.formatted(column), PostgresModels::read, value, before, limit));
    }

    private static Optional<ModelVersion> find(Sql sql, ModelVersionName name) throws SQLException {
        return sql.first(
                "select * from model_version where model = ? and version = ? and manifest is not null",
                PostgresModels::read,
                name.model(),
                name.version());
    }

    private static Optional<Reservation> findByRequest(Sql sql, String requestKey) throws SQLException {
        return sql.first(
                "select * from model_version where request_key = ?",
                row -> new Reservation(
                        name(row),
                        checkpoint(row),
                        row.getString("manifest") == null ? Optional.empty() : Optional.of(read(row))),
                requestKey);
    }

    private static ModelVersion read(ResultSet row) throws SQLException {
        return new ModelVersion(
                name(row),
                checkpoint(row),
                row.getString("dataset"),
                row.getString("tokenizer"),
                PostgresCheckpoints.manifest(row.getString("manifest")),
                row.getTimestamp("create_time").toInstant(),
                row.getLong("sequence"));
    }

    private static ModelVersionName name(ResultSet row) throws SQLException {
        return new ModelVersionName(row.getString("model"), row.getLong("version"));
    }

    private static CheckpointName checkpoint(ResultSet row) throws SQLException {
        return CheckpointName.parse("checkpoint", row.getString("checkpoint"));
    }
}
