package io.maru.checkpoint.store;

import io.maru.checkpoint.app.ModelCatalog;
import io.maru.checkpoint.app.ReservedVersions;
import io.maru.checkpoint.domain.Alias;
import io.maru.checkpoint.domain.AliasName;
import io.maru.checkpoint.domain.Description;
import io.maru.checkpoint.domain.Model;
import io.maru.checkpoint.domain.ModelChange;
import io.maru.checkpoint.domain.ModelVersion;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.checkpoint.domain.Origin;
import io.maru.formats.Manifest;
import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.event.Outbox;
import io.maru.platform.name.ResourceName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Models, versions, aliases and changes in PostgreSQL: a version without a manifest is a number that is taken but not published. */
public final class PostgresModels implements ModelCatalog, ReservedVersions {
    private static final String VERSIONS = """
            select v.*, array(
                select alias from model_alias a where a.model = v.model and a.version = v.version order by alias) as aliases
            from model_version v
            """;
    private static final int MAX_WORDS = 500;
    /** Who does what nobody asked for. */
    private static final String SERVICE = "service";

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
    public Reservation reserve(String requestKey, String model, Origin origin, Instant now) {
        return database.inTransaction(sql -> {
            sql.update(
                    "insert into model (name, workspace) values (?, ?) on conflict do nothing",
                    model,
                    ResourceName.workspace(model));
            lock(sql, model);
            // A request is unique over all models, so the row that was there may be of another one.
            sql.update(
                    """
                    insert into model_version (workspace, model, version, request_key, parents, dataset, tokenizer, run,
                        caller, create_time, reserve_time)
                    select ?, ?, coalesce(max(version), 0) + 1, ?, ?, ?, ?, ?, ?, ?, now()
                    from model_version where model = ?
                    on conflict (request_key) do update set reserve_time = now() where model_version.manifest is null
                    """,
                    ResourceName.workspace(model),
                    model,
                    requestKey,
                    origin.parents().toArray(String[]::new),
                    origin.dataset(),
                    origin.tokenizer(),
                    origin.run(),
                    origin.caller(),
                    now,
                    model);
            return findByRequest(sql, requestKey).orElseThrow();
        });
    }

    /** Locks the model's row, under which its versions are numbered and its aliases moved. */
    private static void lock(Sql sql, String model) throws SQLException {
        sql.first("select 1 from model where name = ? for update", row -> true, model);
    }

    @Override
    public ModelVersion publish(ModelVersionName name, Manifest manifest) {
        return database.inTransaction(sql -> publish(sql, outbox, name, manifest));
    }

    /** {@link #publish(ModelVersionName, Manifest)} in the caller's transaction. */
    static ModelVersion publish(Sql sql, Outbox outbox, ModelVersionName name, Manifest manifest) throws SQLException {
        int changed = sql.update("""
                update model_version set manifest = ?, reserve_time = null
                where model = ? and version = ? and manifest is null
                """, PostgresCheckpoints.json(manifest), name.model(), name.version());
        ModelVersion version = find(sql, name).orElseThrow();
        if (changed == 1) {
            outbox.append(sql, Facts.published(version));
            keep(
                    sql,
                    name.model(),
                    ModelChange.Action.VERSION_PUBLISHED,
                    name.toString(),
                    "",
                    String.join(", ", version.origin().parents()),
                    version.origin().caller());
        }
        return version;
    }

    @Override
    public Optional<ModelVersion> find(ModelVersionName name) {
        return database.inTransaction(sql -> find(sql, name));
    }

    @Override
    public Optional<ModelVersion> find(AliasName name) {
        return database.inTransaction(
                sql -> sql.first(VERSIONS + """
                where v.model = ? and v.manifest is not null and v.version = (
                    select version from model_alias where model = ? and alias = ?)
                """, PostgresModels::read, name.model(), name.model(), name.alias()));
    }

    @Override
    public Optional<ModelVersion> newest(String model) {
        return database.inTransaction(sql -> sql.first(
                VERSIONS
                        + "where v.model = ? and v.manifest is not null and v.state = 'ACTIVE' order by v.version desc limit 1",
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
        return database.inTransaction(sql -> sql.list(
                VERSIONS + "where v." + column + " = ?"
                        + " and v.sequence < ? and v.manifest is not null order by v.sequence desc limit ?",
                PostgresModels::read,
                value,
                before,
                limit));
    }

    @Override
    public Optional<ModelVersion> describe(ModelVersionName name, Description description, String caller) {
        return database.inTransaction(sql -> {
            lock(sql, name.model());
            Optional<ModelVersion> before = find(sql, name);
            if (before.isEmpty() || before.get().description().equals(description)) {
                return before;
            }
            sql.update(
                    "update model_version set labels = ?, note = ? where model = ? and version = ?",
                    labels(description.labels()),
                    description.note(),
                    name.model(),
                    name.version());
            keep(
                    sql,
                    name.model(),
                    ModelChange.Action.VERSION_UPDATED,
                    name.toString(),
                    words(before.get().description()),
                    words(description),
                    caller);
            ModelVersion after = find(sql, name).orElseThrow();
            outbox.append(sql, Facts.updated(after));
            return Optional.of(after);
        });
    }

    private static String words(Description description) {
        String words = String.join(" ", labels(description.labels()));
        String all = description.note().isEmpty() ? words : (words + " " + description.note()).strip();
        return all.length() <= MAX_WORDS ? all : all.substring(0, MAX_WORDS) + "…";
    }

    @Override
    public Optional<ModelVersion> nextToVerify(Duration age) {
        return database.inTransaction(sql -> {
            Optional<ModelVersionName> next = sql.first("""
                    update model_version set verify_time = now() where (model, version) = (
                        select model, version from model_version
                        where state = 'ACTIVE' and manifest is not null
                            and verify_time < now() - ? * interval '1 millisecond'
                        order by verify_time limit 1 for update skip locked)
                    returning model, version
                    """, PostgresModels::name, age.toMillis());
            return next.isEmpty() ? Optional.empty() : find(sql, next.get());
        });
    }

    @Override
    public void markCorrupt(ModelVersionName name, String message) {
        database.run(sql -> {
            lock(sql, name.model());
            int changed = sql.update("""
                    update model_version set state = 'CORRUPT', corruption = ?
                    where model = ? and version = ? and state = 'ACTIVE' and manifest is not null
                    """, message, name.model(), name.version());
            if (changed == 1) {
                keep(
                        sql,
                        name.model(),
                        ModelChange.Action.VERSION_CORRUPTED,
                        name.toString(),
                        ModelVersion.State.ACTIVE.name(),
                        ModelVersion.State.CORRUPT.name(),
                        SERVICE);
                outbox.append(sql, Facts.corrupted(find(sql, name).orElseThrow(), message));
            }
        });
    }

    @Override
    public Optional<Model> findModel(String name) {
        return database.inTransaction(sql ->
                models(sql, sql.list("select name, sequence from model where name = ?", PostgresModels::row, name))
                        .stream()
                        .findFirst());
    }

    @Override
    public List<Model> listModels(String workspace, long after, int limit) {
        return database.inTransaction(sql ->
                models(sql, sql.list("""
                        select name, sequence from model
                        where workspace = ?
                            and exists (select 1 from model_version v where v.model = model.name and v.manifest is not null)
                            and (? or name > (select name from model where sequence = ?))
                        order by name limit ?
                        """, PostgresModels::row, workspace, after == Long.MAX_VALUE, after, limit)));
    }

    /** A row of {@code model}. */
    private record Row(String name, long sequence) {}

    private static Row row(ResultSet row) throws SQLException {
        return new Row(row.getString("name"), row.getLong("sequence"));
    }

    /** The models of some rows, without those that have no version yet. */
    private static List<Model> models(Sql sql, List<Row> rows) throws SQLException {
        String[] names = rows.stream().map(Row::name).toArray(String[]::new);
        Map<String, ModelVersion> newest = new HashMap<>();
        sql.list(
                        "select distinct on (n.model) n.* from (" + VERSIONS
                                + "where v.model = any(?) and v.manifest is not null) n order by n.model, n.version desc",
                        PostgresModels::read,
                        (Object) names)
                .forEach(version -> newest.put(version.name().model(), version));
        Map<String, Long> counts = new HashMap<>();
        sql.list(
                "select model, count(*) from model_version where model = any(?) and manifest is not null group by model",
                row -> counts.put(row.getString(1), row.getLong(2)),
                (Object) names);
        Map<String, List<Alias>> aliases = sql
                .list("select * from model_alias where model = any(?) order by alias", PostgresModels::alias, (Object)
                        names)
                .stream()
                .collect(Collectors.groupingBy(alias -> alias.name().model()));
        return rows.stream()
                .filter(row -> newest.containsKey(row.name()))
                .map(row -> new Model(
                        row.name(),
                        newest.get(row.name()),
                        counts.get(row.name()),
                        aliases.getOrDefault(row.name(), List.of()),
                        row.sequence()))
                .toList();
    }

    @Override
    public Move move(AliasName name, ModelVersionName to, Optional<String> expected, String caller) {
        return database.inTransaction(sql -> {
            lock(sql, name.model());
            Optional<ModelVersionName> found = alias(sql, name).map(Alias::version);
            String foundName = found.map(ModelVersionName::toString).orElse("");
            if (expected.isPresent() && !expected.get().equals(foundName)) {
                return new Move(found, Optional.empty());
            }
            if (!found.equals(Optional.of(to))) {
                sql.update("""
                        insert into model_alias (model, alias, version) values (?, ?, ?)
                        on conflict (model, alias) do update set version = excluded.version, update_time = now()
                        """, name.model(), name.alias(), to.version());
                moved(sql, name, ModelChange.Action.ALIAS_SET, foundName, to.toString(), caller);
            }
            return new Move(found, alias(sql, name));
        });
    }

    @Override
    public boolean forget(AliasName name, String caller) {
        return database.inTransaction(sql -> {
            lock(sql, name.model());
            Optional<Alias> found = alias(sql, name);
            if (found.isPresent()) {
                sql.update("delete from model_alias where model = ? and alias = ?", name.model(), name.alias());
                moved(
                        sql,
                        name,
                        ModelChange.Action.ALIAS_DELETED,
                        found.get().version().toString(),
                        "",
                        caller);
            }
            return found.isPresent();
        });
    }

    private void moved(Sql sql, AliasName name, ModelChange.Action action, String from, String to, String caller)
            throws SQLException {
        keep(sql, name.model(), action, name.toString(), from, to, caller);
        outbox.append(sql, Facts.moved(name, from, to));
    }

    private static Optional<Alias> alias(Sql sql, AliasName name) throws SQLException {
        return sql.first(
                "select * from model_alias where model = ? and alias = ?",
                PostgresModels::alias,
                name.model(),
                name.alias());
    }

    private static Alias alias(ResultSet row) throws SQLException {
        return new Alias(
                new AliasName(row.getString("model"), row.getString("alias")),
                new ModelVersionName(row.getString("model"), row.getLong("version")),
                row.getTimestamp("update_time").toInstant());
    }

    private static void keep(
            Sql sql,
            String model,
            ModelChange.Action action,
            String subject,
            String before,
            String after,
            String caller)
            throws SQLException {
        sql.update("""
                insert into model_change (model, action, subject, before, after, caller) values (?, ?, ?, ?, ?, ?)
                """, model, action.word(), subject, before, after, caller);
    }

    @Override
    public List<ModelChange> changes(String model, long before, int limit) {
        return database.inTransaction(sql -> sql.list(
                "select * from model_change where model = ? and sequence < ? order by sequence desc limit ?",
                row -> new ModelChange(
                        row.getString("model"),
                        ModelChange.Action.of(row.getString("action")),
                        row.getString("subject"),
                        row.getString("before"),
                        row.getString("after"),
                        row.getString("caller"),
                        row.getTimestamp("time").toInstant(),
                        row.getLong("sequence")),
                model,
                before,
                limit));
    }

    @Override
    public boolean forgetOne(Duration age, Consumer<ModelVersionName> removal) {
        return database.inTransaction(sql -> {
            Optional<ModelVersionName> left = sql.first("""
                    select model, version from model_version v
                    where reserve_time < now() - ? * interval '1 millisecond' and manifest is null
                        and not exists (
                            select 1 from model_import i
                            where i.name = any(v.parents) and i.state in ('PENDING', 'RUNNING', 'CANCELLING'))
                    order by reserve_time limit 1 for update skip locked
                    """, PostgresModels::name, age.toMillis());
            if (left.isPresent()) {
                removal.accept(left.get());
                sql.update(
                        "update model_version set reserve_time = null where model = ? and version = ?",
                        left.get().model(),
                        left.get().version());
            }
            return left.isPresent();
        });
    }

    private static Optional<ModelVersion> find(Sql sql, ModelVersionName name) throws SQLException {
        return sql.first(
                VERSIONS + "where v.model = ? and v.version = ? and v.manifest is not null",
                PostgresModels::read,
                name.model(),
                name.version());
    }

    private static Optional<Reservation> findByRequest(Sql sql, String requestKey) throws SQLException {
        return sql.first(
                VERSIONS + "where v.request_key = ?",
                row -> new Reservation(
                        name(row),
                        origin(row),
                        row.getString("manifest") == null ? Optional.empty() : Optional.of(read(row))),
                requestKey);
    }

    private static ModelVersion read(ResultSet row) throws SQLException {
        return new ModelVersion(
                name(row),
                origin(row),
                PostgresCheckpoints.manifest(row.getString("manifest")),
                ModelVersion.State.valueOf(row.getString("state")),
                new Description(labels(texts(row, "labels")), row.getString("note")),
                texts(row, "aliases"),
                row.getTimestamp("create_time").toInstant(),
                row.getLong("sequence"));
    }

    private static Origin origin(ResultSet row) throws SQLException {
        return new Origin(
                texts(row, "parents"),
                row.getString("dataset"),
                row.getString("tokenizer"),
                row.getString("run"),
                row.getString("caller"));
    }

    private static ModelVersionName name(ResultSet row) throws SQLException {
        return new ModelVersionName(row.getString("model"), row.getLong("version"));
    }

    private static List<String> texts(ResultSet row, String column) throws SQLException {
        return List.of((String[]) row.getArray(column).getArray());
    }

    private static String[] labels(Map<String, String> labels) {
        return labels.entrySet().stream()
                .map(label -> label.getKey() + "=" + label.getValue())
                .toArray(String[]::new);
    }

    private static Map<String, String> labels(List<String> written) {
        Map<String, String> labels = new TreeMap<>();
        written.forEach(
                label -> labels.put(label.substring(0, label.indexOf('=')), label.substring(label.indexOf('=') + 1)));
        return labels;
    }
}
