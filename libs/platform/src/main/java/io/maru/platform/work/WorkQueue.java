package io.maru.platform.work;

import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.name.ResourceName;
import io.maru.platform.trace.Trace;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

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
 * Who is next: of the workspaces that have work due, the one whose turn was longest ago; within it the highest priority;
 * within that what has been due for longest. So 10,000 pieces of one workspace keep another's single piece waiting for one
 * claim. The index has the rows in this order, and a claim reads a few of them, however many there are.
 *
 * finish() belongs into the transaction that writes the work's outcome. That makes the row the fence: of two workers that
 * both believe to hold the lease, one commits.
 */
/** Claims on long work, in the database of the service that owns it. All clocks are PostgreSQL's. */
public final class WorkQueue {
    private final Database database;
    private final Duration lease;
    /** By kind, what wakes the workers of this process. */
    private final Map<String, List<Runnable>> idle = new ConcurrentHashMap<>();

    public WorkQueue(Database database, Duration lease) {
        this.database = database;
        this.lease = lease;
    }

    public Duration lease() {
        return lease;
    }

    /** {@link #enqueue(Sql, String, String, int)} with priority 0. */
    public void enqueue(Sql sql, String kind, String name) throws SQLException {
        enqueue(sql, kind, name, 0);
    }

    /**
     * Offers work, in the transaction that creates the resource. Does nothing if it is offered already.
     *
     * @param name the resource's full name, which says the workspace
     * @param priority within the workspace; higher first
     */
    public void enqueue(Sql sql, String kind, String name, int priority) throws SQLException {
        sql.update("""
                insert into work (name, kind, workspace, priority, traceparent) values (?, ?, ?, ?, ?)
                on conflict do nothing
                """, name, kind, ResourceName.workspace(name), priority, Trace.current());
        // Workers of other processes find it at their next look.
        sql.afterCommit(() -> wake(kind));
    }

    private void wake(String kind) {
        idle.getOrDefault(kind, List.of()).forEach(Runnable::run);
    }

    /** Has {@code wake} called whenever work of a kind that this process offered or gave back is due: nobody waits for the next look. */
    void whenOffered(String kind, Runnable wake) {
        idle.computeIfAbsent(kind, ignored -> new CopyOnWriteArrayList<>()).add(wake);
    }

    /** The next work of a kind that nobody holds, if any is due. */
    public Optional<Claim> claim(String kind) {
        return database.inTransaction(sql -> {
            for (Level level : levels(sql, kind)) {
                Optional<Claim> claim = claim(sql, kind, level);
                if (claim.isPresent()) {
                    sql.update("""
                            insert into work_turn (kind, workspace, time) values (?, ?, clock_timestamp())
                            on conflict (kind, workspace) do update set time = excluded.time
                            """, kind, level.workspace());
                    return claim;
                }
                // Others took what was there between the two looks.
            }
            return Optional.empty();
        });
    }

    /** Where work is due, in the order in which to look. The recursion jumps from one level to the next in the index. */
    private static List<Level> levels(Sql sql, String kind) throws SQLException {
        return sql.list("""
                with recursive level as (
                    (select workspace, -priority as rank from work where kind = ? order by workspace, -priority limit 1)
                    union all
                    select next.workspace, next.rank from level cross join lateral (
                        select workspace, -priority as rank from work
                        where kind = ? and (workspace, -priority) > (level.workspace, level.rank)
                        order by workspace, -priority limit 1) next)
                select level.workspace, level.rank from level
                left join work_turn turn on turn.kind = ? and turn.workspace = level.workspace
                where exists (
                    select 1 from work
                    where kind = ? and work.workspace = level.workspace and -priority = level.rank
                        and not_before <= now() and (owner is null or expire_time < now()))
                order by turn.time nulls first, level.workspace, level.rank
                """, row -> new Level(row.getString("workspace"), row.getInt("rank")), kind, kind, kind, kind);
    }

    private Optional<Claim> claim(Sql sql, String kind, Level level) throws SQLException {
        // A new owner each time: a thread that lost its lease to another of its own process must not pass for it.
        String owner = UUID.randomUUID().toString();
        return sql.first(
                """
                update work set owner = ?, attempts = attempts + 1, expire_time = now() + ? * interval '1 millisecond'
                where name = (
                    select name from work
                    where kind = ? and workspace = ? and -priority = ?
                        and not_before <= now() and (owner is null or expire_time < now())
                    order by not_before limit 1 for update skip locked)
                returning name, attempts, traceparent
                """,
                row -> new Claim(
                        row.getString("name"), kind, owner, row.getInt("attempts"), row.getString("traceparent")),
                owner,
                lease.toMillis(),
                kind,
                level.workspace(),
                level.rank());
    }

    /**
     * The work of one workspace and one priority.
     *
     * @param rank the priority with its sign turned, as the index has it: lower first
     */
    private record Level(String workspace, int rank) {}

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

    /** {@link #finish(Sql, Claim)} where the outcome is written already. */
    public void finish(Claim claim) {
        database.run(sql -> finish(sql, claim));
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

    /** {@link #release} of work that went well so far: earlier attempts do not count any more. */
    public void postpone(Claim claim, Duration delay) {
        giveBack(claim, claim.attempt(), delay);
    }

    private void giveBack(Claim claim, int uncounted, Duration delay) {
        database.run(sql -> sql.update("""
                update work set owner = null, expire_time = null, attempts = attempts - ?,
                    not_before = now() + ? * interval '1 millisecond'
                where name = ? and owner = ?
                """, uncounted, delay.toMillis(), claim.name(), claim.owner()));
        CompletableFuture.delayedExecutor(delay.toMillis(), TimeUnit.MILLISECONDS, Runnable::run)
                .execute(() -> wake(claim.kind()));
    }

    /** Whether a worker has the work in hand. The row stays locked until the caller's transaction ends. */
    public boolean isHeld(Sql sql, String name) throws SQLException {
        return sql.first(
                        "select owner is not null and expire_time >= now() as held from work where name = ? for update",
                        row -> row.getBoolean("held"),
                        name)
                .orElse(false);
    }

    /**
     * Takes an offer back, in the caller's transaction, whether or not a worker has it in hand: such a worker loses its lease.
     * Waits for a transaction that is about to end the work.
     */
    public void withdraw(Sql sql, String kind, String name) throws SQLException {
        sql.update("delete from work where kind = ? and name = ?", kind, name);
    }

    /** {@link #withdraw} of work that no worker has in hand; false where one has, or where nothing is offered. */
    public boolean withdrawUnheld(Sql sql, String kind, String name) throws SQLException {
        return sql.update("""
                delete from work where kind = ? and name = ? and (owner is null or expire_time < now())
                """, kind, name) == 1;
    }

    /** Makes work that waits for its time due now, in the caller's transaction; earlier attempts do not count any more. */
    public void wakeNow(Sql sql, String name) throws SQLException {
        sql.update(
                "update work set not_before = now(), attempts = 0 where name = ? and owner is null and not_before > now()",
                name);
    }

    /** {@link #wakeNow(Sql, String)} in a transaction of its own. */
    public void wakeNow(String name) {
        database.run(sql -> wakeNow(sql, name));
    }
}
