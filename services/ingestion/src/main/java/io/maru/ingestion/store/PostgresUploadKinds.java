package io.maru.ingestion.store;

import io.maru.ingestion.app.UploadKinds;
import io.maru.platform.database.Database;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** The kinds of uploads in PostgreSQL. */
public final class PostgresUploadKinds implements UploadKinds {
    private final Database database;

    public PostgresUploadKinds(Database database) {
        this.database = database;
    }

    @Override
    public void put(String upload, String kind) {
        database.run(sql -> sql.update("""
                insert into upload (name, kind) values (?, ?)
                on conflict (name) do update set kind = excluded.kind where upload.kind <> excluded.kind
                """, upload, kind));
    }

    @Override
    public Map<String, String> find(Collection<String> uploads) {
        Map<String, String> kinds = new HashMap<>();
        database.run(sql -> sql.list(
                        "select name, kind from upload where name = any(?)",
                        row -> Map.entry(row.getString("name"), row.getString("kind")),
                        (Object) uploads.toArray(String[]::new))
                .forEach(upload -> kinds.put(upload.getKey(), upload.getValue())));
        return kinds;
    }
}
