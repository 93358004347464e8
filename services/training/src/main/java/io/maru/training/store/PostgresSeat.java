package io.maru.training.store;

import io.maru.platform.database.Database;
import io.maru.platform.database.Database.Sql;
import io.maru.platform.work.WorkQueue;
import io.maru.training.app.Seat;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** A row of the table {@code training_seat}. */
final class PostgresSeat implements Seat {
    private final Database database;
    private final String name;
    private final String job;
    private final String attempt;
    private final int rank;
    private final String setup;

    private PostgresSeat(Database database, ResultSet row) throws SQLException {
        this.database = database;
        this.name = row.getString("name");
        this.job = row.getString("job");
        this.attempt = row.getString("attempt");
        this.rank = row.getInt("rank");
        this.setup = row.getString("setup");
    }

    /** Opens the seats of a new attempt, in place of those of any before; the first one is the leader's. */
    static PostgresSeat open(
            Sql sql, Database database, WorkQueue queue, String job, String attempt, int workers, String setup)
            throws SQLException {
        close(sql, queue, job);
        for (int rank = 0; rank < workers; rank++) {
            String name = name(job, attempt, rank);
            sql.update(
                    "insert into training_seat (name, job, attempt, rank, setup) values (?, ?, ?, ?, ?)",
                    name,
                    job,
                    attempt,
                    rank,
                    setup);
            if (rank > 0) {
                queue.enqueue(sql, PostgresTrainingJobs.SEAT_KIND, name);
            }
        }
        return find(sql, database, name(job, attempt, 0)).orElseThrow();
    }

    /** Whoever sits there sees it, and goes. */
    static void close(Sql sql, WorkQueue queue, String job) throws SQLException {
        List<String> seats =
                sql.list("delete from training_seat where job = ? returning name", row -> row.getString("name"), job);
        for (String seat : seats) {
            queue.withdrawUnheld(sql, PostgresTrainingJobs.SEAT_KIND, seat);
        }
    }

    static Optional<PostgresSeat> find(Sql sql, Database database, String name) throws SQLException {
        return sql.first("select * from training_seat where name = ?", row -> new PostgresSeat(database, row), name);
    }

    private static String name(String job, String attempt, int rank) {
        return job + "/attempts/" + attempt + "/seats/" + rank;
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public String setup() {
        return setup;
    }

    @Override
    public void announce(String address) {
        database.run(sql -> sql.update("update training_seat set address = ? where name = ?", address, name));
    }

    @Override
    public Optional<List<String>> addresses() {
        List<String> addresses = database.inTransaction(sql -> sql.list(
                "select address from training_seat where job = ? and attempt = ? order by rank",
                row -> row.getString("address"),
                job,
                attempt));
        return addresses.isEmpty() || addresses.contains("") ? Optional.empty() : Optional.of(addresses);
    }

    @Override
    public boolean isWanted() {
        return database.inTransaction(sql -> find(sql, database, name)).isPresent();
    }
}
