package io.maru.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.agroal.api.AgroalDataSource;
import io.maru.platform.PlatformSchema;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Faults;
import io.maru.platform.error.Refusal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DatabaseTest {
    private static final String SCHEMA = "database_test";

    private AgroalDataSource pool;
    private Database database;

    @BeforeEach
    void createTable() throws SQLException {
        PlatformSchema.create(SCHEMA).close();
        pool = PlatformSchema.pool(SCHEMA, 2);
        database = new Database(pool);
        database.run(sql -> {
            sql.update("drop table if exists memo");
            sql.update("create table memo (name text primary key, number int, time timestamptz, tags text[])");
        });
    }

    @AfterEach
    void closePool() {
        pool.close();
    }

    @Test
    void commitsWhatReturnsAndRollsBackWhatThrows() {
        int changed = database.inTransaction(sql -> sql.update("insert into memo (name) values ('kept'), ('also')"));
        assertThat(changed).isEqualTo(2);

        assertThatThrownBy(() -> database.run(sql -> {
                    sql.update("insert into memo (name) values ('lost')");
                    throw CommonReason.INVALID_NAME.because("no");
                }))
                .isInstanceOf(Refusal.class);
        assertThatThrownBy(() -> database.run(sql -> {
                    sql.update("insert into memo (name) values ('lost')");
                    throw new AssertionError("no");
                }))
                .isInstanceOf(AssertionError.class);

        assertThat(names()).containsExactly("also", "kept");
    }

    @Test
    void aTransactionLeavesNoTraceInThePooledConnection() throws SQLException {
        try (AgroalDataSource one = PlatformSchema.pool(SCHEMA, 1)) {
            Database single = new Database(one);
            single.run(sql -> sql.update("insert into memo (name) values ('a')"));
            assertThatThrownBy(() -> single.run(sql -> sql.update("no sql"))).isInstanceOf(DatabaseException.class);

            try (Connection connection = one.getConnection()) {
                assertThat(connection.getAutoCommit()).isTrue();
            }
        }
    }

    @Test
    void whatThrewIsNotHiddenByAConnectionThatBroke() {
        assertThatThrownBy(() -> database.run(sql -> {
                    long backend = sql.first("select pg_backend_pid()", row -> row.getLong(1))
                            .orElseThrow();
                    database.run(other -> other.list("select pg_terminate_backend(?)", row -> true, (int) backend));
                    throw CommonReason.INVALID_NAME.because("the reason");
                }))
                .isInstanceOf(Refusal.class)
                .hasMessage("the reason")
                .satisfies(e -> assertThat(e.getSuppressed()).hasAtLeastOneElementOfType(SQLException.class));
    }

    @Test
    void actionsFollowTheCommitInTheirOrder() {
        StringBuilder order = new StringBuilder();

        database.run(sql -> {
            sql.afterCommit(() -> order.append(names()));
            sql.afterCommit(() -> order.append("!"));
            sql.update("insert into memo (name) values ('a')");
            order.append("inserted ");
        });

        assertThat(order).hasToString("inserted [a]!");
    }

    @Test
    void bindsTimesArraysAndNothing() {
        Instant time = Instant.parse("2026-01-02T03:04:05.678901Z");
        String[] tags = {"x", "it's", null};
        database.run(sql -> sql.update("insert into memo values (?, ?, ?, ?)", "a", null, time, tags));

        database.run(sql -> {
            assertThat(sql.first(
                            "select time from memo where time = ?",
                            row -> row.getTimestamp(1).toInstant(),
                            time))
                    .contains(time);
            assertThat(sql.first("select tags from memo", row ->
                            (String[]) row.getArray(1).getArray()))
                    .contains(tags);
            assertThat(sql.first("select name from memo where number is null", row -> row.getString(1)))
                    .contains("a");
            assertThat(sql.first("select name from memo where name = ?", row -> row.getString(1), "' or true --"))
                    .isEmpty();
        });
    }

    @Test
    void aDuplicateIsToldFromOtherErrors() {
        database.run(sql -> sql.update("insert into memo (name) values ('a')"));

        assertThatExceptionOfType(DatabaseException.class)
                .isThrownBy(() -> database.run(sql -> sql.update("insert into memo (name) values ('a')")))
                .matches(DatabaseException::isDuplicate);
        assertThatExceptionOfType(DatabaseException.class)
                .isThrownBy(() -> database.run(sql -> sql.update("insert into memo (name) values (null)")))
                .matches(e -> !e.isDuplicate())
                .matches(e -> !Faults.isTransient(e));
    }

    @Test
    void aConnectionThatCannotBeHadIsAnOutage() throws SQLException {
        try (AgroalDataSource one = PlatformSchema.pool(SCHEMA, 1)) {
            Database single = new Database(one);
            single.run(sql -> assertThatExceptionOfType(DatabaseException.class)
                    .isThrownBy(() -> elsewhere(() -> single.run(inner -> {})))
                    .matches(Faults::isTransient));
        }
    }

    @Test
    void aDeadlockMayPassTheNextTime() {
        database.run(sql -> sql.update("insert into memo (name) values ('a'), ('b')"));
        CountDownLatch bothHoldOne = new CountDownLatch(2);
        List<CompletableFuture<Throwable>> ends =
                List.of(crossing("a", "b", bothHoldOne), crossing("b", "a", bothHoldOne));

        List<Throwable> failures = ends.stream()
                .map(CompletableFuture::join)
                .filter(failure -> failure != null)
                .toList();

        assertThat(failures).singleElement().matches(Faults::isTransient);
    }

    /** Locks two rows; what that throws, or null. */
    private CompletableFuture<Throwable> crossing(String first, String second, CountDownLatch bothHoldOne) {
        return CompletableFuture.runAsync(() -> database.run(sql -> {
                    sql.update("update memo set number = 1 where name = ?", first);
                    bothHoldOne.countDown();
                    await(bothHoldOne);
                    sql.update("update memo set number = 1 where name = ?", second);
                }))
                .handle((nothing, failure) -> failure);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The pool would let a thread that has a connection have it again. */
    private static void elsewhere(Runnable action) {
        Throwable failure = CompletableFuture.runAsync(action)
                .handle((nothing, thrown) -> thrown)
                .join();
        if (failure != null) {
            throw (RuntimeException) failure.getCause();
        }
    }

    private List<String> names() {
        return database.inTransaction(sql -> sql.list("select name from memo order by name", row -> row.getString(1)));
    }
}
