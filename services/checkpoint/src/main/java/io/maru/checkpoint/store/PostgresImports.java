package io.maru.checkpoint.store;

import io.maru.checkpoint.app.HeldImport;
import io.maru.checkpoint.app.ImportCatalog;
import io.maru.checkpoint.domain.CheckpointReason;
import io.maru.checkpoint.domain.FoundModel;
import io.maru.checkpoint.domain.ImportRequest;
import io.maru.checkpoint.domain.ImportState;
import io.maru.checkpoint.domain.ModelFile;
import io.maru.checkpoint.domain.ModelImport;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.formats.Manifest;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Outbox;
import io.maru.platform.name.ResourceName;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Imports in PostgreSQL. What a worker writes is written under its claim: one that has lost its lease rolls back. */
public final class PostgresImports implements ImportCatalog {
    /** Names the kind of work that does an import. */
    public static final String KIND = "model-import";

    private final Database database;
    private final WorkQueue queue;
    private final Outbox outbox;

    public PostgresImports(Database database, WorkQueue queue, Outbox outbox) {
        this.database = database;
        this.queue = queue;
        this.outbox = outbox;
    }

    @Override
    public Optional<ModelImport> find(String name) {
        return database.inTransaction(sql -> find(sql, name));
    }

    @Override
    public Optional<ModelImport> findByRequest(String requestKey) {
        return database.inTransaction(sql -> first(sql, "request_key", requestKey));
    }

    private static Optional<ModelImport> find(Sql sql, String name) throws SQLException {
        return first(sql, "name", name);
    }

    private static Optional<ModelImport> first(Sql sql, String column, String value) throws SQLException {
        Optional<String> name = sql.first(
                "select name from model_import where " + column + " = ?", row -> row.getString("name"), value);
        if (name.isEmpty()) {
            return Optional.empty();
        }
        List<ModelFile> files = sql.list(
                "select * from model_import_file where import = ? order by position",
                row -> new ModelFile(
                        row.getString("file_name"), row.getLong("size"), ResourceName.last(row.getString("name"))),
                name.get());
        return sql.first("select * from model_import where name = ?", row -> read(row, files), name.get());
    }

    @Override
    public Optional<ModelImport> create(String name, ImportRequest request) {
        return database.inTransaction(sql -> {
            int created = sql.update(
                    """
                    insert into model_import (name, request_key, caller, model, source, run) values (?, ?, ?, ?, ?, ?)
                    on conflict do nothing
                    """,
                    name,
                    request.requestKey(),
                    request.caller(),
                    request.model(),
                    request.source(),
                    request.run());
            if (created == 0) {
                return Optional.empty();
            }
            for (int i = 0; i < request.files().size(); i++) {
                ModelFile file = request.files().get(i);
                sql.update(
                        "insert into model_import_file (import, position, file_name, name, size) values (?, ?, ?, ?, ?)",
                        name,
                        i,
                        file.fileName(),
                        file.name(request.workspace()),
                        file.size());
            }
            queue.enqueue(sql, KIND, name, request.priority());
            return find(sql, name);
        });
    }

    @Override
    public Optional<ModelImport> cancel(String name) {
        return database.inTransaction(sql -> {
            // The worker that finds a CANCELLED import in the queue has only the claim to end.
            move(sql, name, ImportState::cancelRequested);
            return find(sql, name);
        });
    }

    /**
     * Moves the import on, if it is there and that changes its state.
     *
     * @return whether it did
     */
    private static boolean move(Sql sql, String name, UnaryOperator<ImportState> transition) throws SQLException {
        Optional<ImportState> before = lock(sql, name);
        Optional<ImportState> after = before.map(transition);
        if (after.equals(before)) {
            return false;
        }
        sql.update(
                "update model_import set state = ?, update_time = now() where name = ?",
                after.orElseThrow().name(),
                name);
        return true;
    }

    /** The state that nobody changes before this transaction ends. */
    private static Optional<ImportState> lock(Sql sql, String name) throws SQLException {
        return sql.first(
                "select state from model_import where name = ? for update",
                row -> ImportState.valueOf(row.getString("state")),
                name);
    }

    /** Gives a worker the import of its claim. */
    public HeldImport held(Claim claim) {
        return new LeasedImport(claim);
    }

    private static void requireRunning(Sql sql, String name) throws SQLException {
        if (!lock(sql, name).equals(Optional.of(ImportState.RUNNING))) {
            throw CheckpointReason.IMPORT_CANCELLED.because("%s: cancelled", name);
        }
    }

    private static void update(Sql sql, String name, FoundModel found) throws SQLException {
        sql.update(
                """
                update model_import set architecture = ?, parameters = ?, dtype = ?, tokenizer = ?, written_bytes = ?,
                    bytes = ?, update_time = now()
                where name = ?
                """,
                found.architecture(),
                found.parameters(),
                found.dtype(),
                found.tokenizer(),
                found.writtenBytes(),
                found.bytes(),
                name);
    }

    private static ModelImport read(ResultSet row, List<ModelFile> files) throws SQLException {
        return new ModelImport(
                row.getString("name"),
                ImportState.valueOf(row.getString("state")),
                row.getString("model"),
                row.getString("source"),
                files,
                row.getString("run"),
                row.getString("caller"),
                new FoundModel(
                        row.getString("architecture"),
                        row.getLong("parameters"),
                        row.getString("dtype"),
                        row.getString("tokenizer"),
                        row.getLong("written_bytes"),
                        row.getLong("bytes")),
                row.getString("model_version"),
                row.getString("failure_reason"),
                row.getString("failure_message"),
                row.getTimestamp("create_time").toInstant(),
                row.getTimestamp("update_time").toInstant());
    }

    /** An import under a claim of the work queue. */
    private final class LeasedImport implements HeldImport {
        private final Claim claim;

        LeasedImport(Claim claim) {
            this.claim = claim;
        }

        @Override
        public Optional<ModelImport> start() {
            return database.inTransaction(sql -> {
                queue.hold(sql, claim);
                move(sql, claim.name(), ImportState::started);
                Optional<ModelImport> found = find(sql, claim.name()).filter(i -> i.state() == ImportState.RUNNING);
                if (found.isEmpty()) {
                    cancelled(sql);
                }
                return found;
            });
        }

        @Override
        public void progress(FoundModel found) {
            database.run(sql -> {
                queue.hold(sql, claim);
                requireRunning(sql, claim.name());
                update(sql, claim.name(), found);
            });
        }

        @Override
        public void publish(ModelVersionName version, Manifest manifest, FoundModel found) {
            database.run(sql -> {
                queue.finish(sql, claim);
                requireRunning(sql, claim.name());
                PostgresModels.publish(sql, outbox, version, manifest);
                update(sql, claim.name(), found);
                sql.update(
                        "update model_import set state = ?, model_version = ? where name = ?",
                        ImportState.SUCCEEDED.name(),
                        version.toString(),
                        claim.name());
                outbox.append(sql, Facts.succeeded(find(sql, claim.name()).orElseThrow()));
            });
        }

        @Override
        public void cancelled() {
            database.run(this::cancelled);
        }

        private void cancelled(Sql sql) throws SQLException {
            queue.finish(sql, claim);
            move(sql, claim.name(), ImportState::stopped);
        }

        @Override
        public void fail(String reason, String message) {
            database.run(sql -> {
                queue.finish(sql, claim);
                if (move(sql, claim.name(), ImportState::failed)) {
                    sql.update(
                            "update model_import set failure_reason = ?, failure_message = ? where name = ?",
                            reason,
                            message,
                            claim.name());
                    outbox.append(sql, Facts.failed(find(sql, claim.name()).orElseThrow()));
                }
            });
        }
    }
}
