package io.maru.platform;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.exceptionsorter.PostgreSQLExceptionSorter;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.maru.platform.database.Database;
import io.maru.platform.testkit.Servers;
import java.sql.SQLException;
import java.time.Duration;
import org.flywaydb.core.Flyway;

/** Platform's tables in a schema of one test class, behind the pool that the services use. */
public final class PlatformSchema implements AutoCloseable {
    private final AgroalDataSource pool;

    private PlatformSchema(AgroalDataSource pool) {
        this.pool = pool;
    }

    /** Makes the schema as a service does when it starts. */
    public static PlatformSchema create(String name) throws SQLException {
        Servers servers = Servers.running();
        Flyway.configure()
                .dataSource(servers.postgres(), servers.postgresUser(), servers.postgresPassword())
                .schemas(name)
                .locations("classpath:db/platform")
                .load()
                .migrate();
        return new PlatformSchema(pool(name, 8));
    }

    /** More connections to the schema {@code name}. */
    public static AgroalDataSource pool(String name, int size) throws SQLException {
        Servers servers = Servers.running();
        return AgroalDataSource.from(
                new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration(pool -> pool.maxSize(size)
                        .acquisitionTimeout(Duration.ofSeconds(1))
                        .exceptionSorter(new PostgreSQLExceptionSorter())
                        .connectionFactoryConfiguration(factory -> factory.jdbcUrl(servers.postgres(name))
                                .principal(new NamePrincipal(servers.postgresUser()))
                                .credential(new SimplePassword(servers.postgresPassword())))));
    }

    public Database database() {
        return new Database(pool);
    }

    public void clear() {
        database().run(sql -> sql.update("truncate outbox, inbox, work, work_turn"));
    }

    @Override
    public void close() {
        pool.close();
    }
}
