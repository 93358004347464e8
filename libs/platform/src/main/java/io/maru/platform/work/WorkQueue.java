package io.maru.platform.work;

import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/*
 * Work is a row; to claim it is to write an owner and an expiry into it.
 *
 *     enqueue        owner -       expires -
 *     claim  by A    owner A       expires 12:00:15
 *     heartbeat A    owner A       expires 12:00:19
 *     A is killed    owner A       expires 12:00:19
 *     claim  by B    owner B       expires 12:00:35      only after 12:00:19
 *     finish by A    LeaseLostException: A's transaction rolls back
 *
 * finish() belongs into the transaction that writes the work's outcome. That makes the row the fence: of two workers that
 * both believe to hold the lease, one commits.
 */
/** Claims on long work, in the database of the service that owns it. All clocks are PostgreSQL's. */
public final class WorkQueue {
    private final Database database;
    private final Duration lease;

    public WorkQueue(Database database, Duration lease) {
        this.database = database;
        this.lease = lease;
    }

    public Duration lease() {
        return lease;
    }

    /** Offers work, in the transaction that creates the resource. Does nothing if it is offered already. */
    public void enqueue(Sql sql, String kind, String name) throws SQLException {
        sql.update("insert into work (name, kind) values (?, ?) on conflict do nothing", name, kind);
    }

    /** The oldest work of a kind that nobody holds. */
    public Optional<Claim> claim(String kind) {
        // A new owner each time: a thread that lost its lease to another of its own process must not pass for it.
        String owner = UUID.randomUUID().toString();
        return database.inTransaction(sql -> sql.first(
                """
                update work set owner = ?, attempts = attempts + 1, expire_time = now() + ? * interval '1 millisecond'
                where name = (
                    select name from work
                    where kind = ? and not_before <= now() and (owner is null or expire_time < now())
                    order by create_time limit 1 for update skip locked)
                returning name, attempts
                """,
                row -> new Claim(row.getString("name"), kind, owner, row.getInt("attempts")),
                owner,
                lease.toMillis(),
                kind));
    }

    /** Makes the lease longer. False if it is lost. */
    public boolean heartbeat(Claim claim) {
        return database.inTransaction(sql -> sql.update(
                        "update work set expire_time = now() + ? * interval '1 millisecond' where name = ? and owner = ?",
                        lease.toMillis(),
                        claim.name(),
                        claim.owner()))
                == 1;
    }

    /**
     * Ends the work, in the transaction that writes its outcome.
     *
     * @throws LeaseLostException where somebody else holds the work; the transaction must roll back
     */
    public void finish(Sql sql, Claim claim) throws SQLException {
        if (sql.update("delete from work where name = ? and owner = ?", claim.name(), claim.owner()) == 0) {
            throw new LeaseLostException(claim);
        }
    }

    /**
     * Proves, in the caller's transaction, that the lease is still ours: for progress that must not come from a worker that
     * lost it.
     *
     * @throws LeaseLostException where somebody else holds the work
     */
    public void hold(Sql sql, Claim claim) throws SQLException {
        if (sql.first(
                        "select 1 from work where name = ? and owner = ? for update",
                        row -> true,
                        claim.name(),
                        claim.owner())
                .isEmpty()) {
            throw new LeaseLostException(claim);
        }
    }

    /** Tells, in the caller's transaction, that a later attempt will start further on: earlier ones do not count any more. */
    public void advanced(Sql sql, Claim claim) throws SQLException {
        sql.update("update work set attempts = 1 where name = ? and owner = ?", claim.name(), claim.owner());
    }

    /**
     * Gives the work back as if it had not been claimed, to be claimed after {@code delay}. Does nothing if the lease is
     * lost.
     */
    public void release(Claim claim, Duration delay) {
        giveBack(claim, 1, delay);
    }

    /** {@link #release} after an attempt that failed and counts. */
    public void retry(Claim claim, Duration delay) {
        giveBack(claim, 0, delay);
    }

    private void giveBack(Claim claim, int uncounted, Duration delay) {
        database.run(sql -> sql.update("""
                update work set owner = null, expire_time = null, attempts = attempts - ?,
                    not_before = now() + ? * interval '1 millisecond'
                where name = ? and owner = ?
                """, uncounted, delay.toMillis(), claim.name(), claim.owner()));
    }
}
