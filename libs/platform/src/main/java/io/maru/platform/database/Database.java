package io.maru.platform.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * One service's PostgreSQL schema: transactions and plain SQL, nothing that hides either.
 *
 * <pre>{@code
 * database.inTransaction(sql -> {
 *     sql.update("update corpus set state = ? where name = ?", "SEALED", name);
 *     outbox.append(sql, fact);
 *     return null;
 * });
 * }</pre>
 */
public final class Database {
    private final DataSource source;

    public Database(DataSource source) {
        this.source = source;
    }

    /** Commits if {@code body} returns, rolls back if it throws. */
    public <T> T inTransaction(Body<T> body) {
        List<Runnable> afterCommit = new ArrayList<>();
        T result;
        try (Connection connection = connect()) {
            // The pool sets it back. To do so here would commit what could not be rolled back, or hide why it had to
            // be.
            connection.setAutoCommit(false);
            try {
                result = body.run(new Sql(connection, afterCommit));
                connection.commit();
            } catch (SQLException | RuntimeException | Error e) {
                rollBack(connection, e);
                throw e;
            }
        } catch (SQLException e) {
            throw new DatabaseException(e);
        }
        afterCommit.forEach(Runnable::run);
        return result;
    }

    /** Whatever keeps a connection from being had, the pool's own timeout too, may pass. */
    private Connection connect() throws SQLException {
        try {
            return source.getConnection();
        } catch (SQLException e) {
            throw new SQLTransientConnectionException(e.getMessage(), e.getSQLState(), e);
        }
    }

    /** {@link #inTransaction} for a body without a result. */
    public void run(Statements body) {
        inTransaction(sql -> {
            body.run(sql);
            return null;
        });
    }

    private static void rollBack(Connection connection, Throwable why) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    @FunctionalInterface
    public interface Body<T> {
        T run(Sql sql) throws SQLException;
    }

    @FunctionalInterface
    public interface Statements {
        void run(Sql sql) throws SQLException;
    }

    @FunctionalInterface
    public interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** Statements inside one transaction. Parameters are {@code ?}; an {@link Instant} and a {@code String[]} bind as they are. */
    public static final class Sql {
        private final Connection connection;
        private final List<Runnable> afterCommit;

        private Sql(Connection connection, List<Runnable> afterCommit) {
            this.connection = connection;
            this.afterCommit = afterCommit;
        }

        /** Has {@code action} run once the transaction has committed; never, if it does not. */
        public void afterCommit(Runnable action) {
            afterCommit.add(action);
        }

        /** How many rows changed. */
        public int update(String statement, Object... parameters) throws SQLException {
            try (PreparedStatement prepared = prepare(statement, parameters)) {
                return prepared.executeUpdate();
            }
        }

        public <T> List<T> list(String query, Row<T> row, Object... parameters) throws SQLException {
            try (PreparedStatement prepared = prepare(query, parameters);
                    ResultSet rows = prepared.executeQuery()) {
                List<T> result = new ArrayList<>();
                while (rows.next()) {
                    result.add(row.read(rows));
                }
                return result;
            }
        }

        /** The first row, if there is one. */
        public <T> Optional<T> first(String query, Row<T> row, Object... parameters) throws SQLException {
            List<T> rows = list(query, row, parameters);
            return rows.isEmpty() ? Optional.empty() : Optional.of(rows.get(0));
        }

        private PreparedStatement prepare(String statement, Object... parameters) throws SQLException {
            PreparedStatement prepared = connection.prepareStatement(statement);
            for (int i = 0; i < parameters.length; i++) {
                Object value = parameters[i];
                if (value instanceof Instant instant) {
                    prepared.setTimestamp(i + 1, Timestamp.from(instant));
                } else if (value instanceof String[] strings) {
                    prepared.setArray(i + 1, connection.createArrayOf("text", strings));
                } else {
                    prepared.setObject(i + 1, value);
                }
            }
            return prepared;
        }
    }
}
