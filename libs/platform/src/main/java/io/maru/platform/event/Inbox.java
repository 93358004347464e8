package io.maru.platform.event;

import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import java.sql.SQLException;
import java.time.Duration;

/**
 * The events that a service has dealt with. An effect inside the database goes into the transaction that records the
 * event; a longer effect (an object written, say) must be idempotent by key and is recorded after it is done.
 */
public final class Inbox {
    private final Database database;

    public Inbox(Database database) {
        this.database = database;
    }

    /** Records the event in the caller's transaction. False if it was there before: the caller then does nothing. */
    public boolean firstTime(Sql sql, Fact event) throws SQLException {
        return firstTime(sql, event.id());
    }

    /** {@link #firstTime(Sql, Fact)} by the event's id. */
    public boolean firstTime(Sql sql, String id) throws SQLException {
        return sql.update("insert into inbox (id) values (?) on conflict do nothing", id) == 1;
    }

    public boolean hasSeen(Fact event) {
        return database.inTransaction(sql -> sql.first("select 1 from inbox where id = ?", row -> true, event.id())
                .isPresent());
    }

    public void record(Fact event) {
        database.run(sql -> firstTime(sql, event));
    }

    /**
     * Forgets events that were dealt with longer ago than {@code age}, and tells how many. Kafka must not bring one again
     * after that: the topics keep their records for a shorter time.
     */
    public int purge(Duration age) {
        return database.inTransaction(sql ->
                sql.update("delete from inbox where time < now() - ? * interval '1 millisecond'", age.toMillis()));
    }
}
