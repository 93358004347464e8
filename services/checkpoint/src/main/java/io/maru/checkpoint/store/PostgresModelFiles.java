package io.maru.checkpoint.store;

import io.maru.checkpoint.app.ModelFileCatalog;
import io.maru.checkpoint.domain.ModelFile;
import io.maru.platform.database.Database;
import io.maru.platform.name.ResourceName;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The table {@code model_file}. A file that goes is first marked as not stored, and that is committed before its object is
 * deleted: whoever wants it in between writes it anew.
 */
public final class PostgresModelFiles implements ModelFileCatalog {
    private final Database database;

    public PostgresModelFiles(Database database) {
        this.database = database;
    }

    @Override
    public boolean expect(String workspace, ModelFile file) {
        // Waits for a deletion that is about to end.
        return database.inTransaction(
                sql -> sql.first("""
                        insert into model_file (name, size) values (?, ?)
                        on conflict (name) do update set use_time = now() returning stored
                        """, row -> row.getBoolean("stored"), file.name(workspace), file.size())
                        .orElseThrow());
    }

    @Override
    public void stored(String workspace, ModelFile file) {
        database.run(sql -> sql.update(
                "update model_file set stored = true, use_time = now() where name = ?", file.name(workspace)));
    }

    @Override
    public Set<String> present(String workspace, List<ModelFile> files) {
        Map<String, Long> sizes = new HashMap<>();
        files.forEach(file -> sizes.put(file.name(workspace), file.size()));
        return database
                .inTransaction(sql -> sql.list(
                        "update model_file set use_time = now() where name = any(?) and stored returning name, size",
                        row -> Map.entry(row.getString("name"), row.getLong("size")),
                        (Object) sizes.keySet().toArray(String[]::new)))
                .stream()
                .filter(found -> found.getValue().equals(sizes.get(found.getKey())))
                .map(found -> ResourceName.last(found.getKey()))
                .collect(Collectors.toSet());
    }

    @Override
    public List<String> unwanted(Duration age, int limit) {
        return database.inTransaction(sql -> sql.list("""
                update model_file set stored = false where name in (
                    select name from model_file m
                    where use_time < now() - ? * interval '1 millisecond'
                        and not exists (
                            select 1 from model_import_file f join model_import i on i.name = f.import
                            where f.name = m.name and i.state in ('PENDING', 'RUNNING', 'CANCELLING'))
                    order by use_time limit ? for update skip locked)
                returning name
                """, row -> row.getString("name"), age.toMillis(), limit));
    }

    @Override
    public void forget(String name, Duration age, Runnable deletion) {
        database.run(sql -> {
            boolean unwanted = sql.first("""
                            select 1 from model_file
                            where name = ? and not stored and use_time < now() - ? * interval '1 millisecond' for update
                            """, row -> true, name, age.toMillis()).isPresent();
            if (unwanted) {
                deletion.run();
                sql.update("delete from model_file where name = ?", name);
            }
        });
    }
}
