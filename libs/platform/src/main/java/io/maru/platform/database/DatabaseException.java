package io.maru.platform.database;

import java.sql.SQLException;

/** A statement that PostgreSQL refused, or a connection that broke. */
public final class DatabaseException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DatabaseException(SQLException cause) {
        super(cause.getMessage(), cause);
    }

    /** Whether a unique constraint was violated (SQLSTATE 23505). */
    public boolean isDuplicate() {
        return "23505".equals(((SQLException) getCause()).getSQLState());
    }
}
