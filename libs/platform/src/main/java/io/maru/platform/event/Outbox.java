package io.maru.platform.event;

import io.maru.platform.database.Database.Sql;
import io.maru.platform.trace.Trace;
import java.sql.SQLException;

/**
 * Facts on their way out. A fact is appended in the transaction that makes it true, so it leaves if and only if that
 * transaction commits; {@link OutboxRelay} carries it to Kafka.
 */
public final class Outbox {
    private final Runnable wake;

    /** @param wake tells the relay that something may wait; a lost call costs only the relay's poll interval */
    public Outbox(Runnable wake) {
        this.wake = wake;
    }

    public void append(Sql sql, Fact fact) throws SQLException {
        sql.update(
                "insert into outbox (id, type, subject, run, time, data, traceparent) values (?, ?, ?, ?, ?, ?, ?)",
                fact.id(),
                fact.type(),
                fact.subject(),
                fact.run(),
                fact.time(),
                fact.data(),
                Trace.current());
        // Before the commit the relay would look and find nothing.
        sql.afterCommit(wake);
    }

    /** Whether a fact about the resource is not on Kafka yet. */
    public boolean isWaiting(Sql sql, String subject) throws SQLException {
        return sql.first("select 1 from outbox where subject = ? limit 1", row -> true, subject)
                .isPresent();
    }
}
