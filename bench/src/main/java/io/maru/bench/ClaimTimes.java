package io.maru.bench;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.maru.platform.database.Database;
import io.maru.platform.testkit.Servers;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import org.flywaydb.core.Flyway;

/**
 * How long a claim takes with much work in the queue, in a real PostgreSQL; and how many claims a single piece of another
 * workspace waits for.
 */
final class ClaimTimes {
    private static final String SCHEMA = "claim_times";
    private static final String KIND = "thing";
    private static final int CLAIMS = 200;

    private ClaimTimes() {}

    public static void main(String[] arguments) throws SQLException {
        Servers servers = Servers.running();
        Flyway.configure()
                .dataSource(servers.postgres(), servers.postgresUser(), servers.postgresPassword())
                .schemas(SCHEMA)
                .locations("classpath:db/platform")
                .load()
                .migrate();
        try (AgroalDataSource pool = pool(servers)) {
            Database database = new Database(pool);
            WorkQueue queue = new WorkQueue(database, Duration.ofMinutes(10));
            System.out.println(
                    "rows of alice | claim, median ms | p95 ms | an idle look, median ms | bob's piece is claim no.");
            for (int rows : new int[] {1, 10_000, 100_000}) {
                fill(database, queue, rows);
                double[] claims = new double[Math.min(rows, CLAIMS)];
                for (int i = 0; i < claims.length; i++) {
                    claims[i] = millis(() -> queue.claim(KIND));
                }
                double[] idle = new double[CLAIMS];
                for (int i = 0; i < CLAIMS; i++) {
                    idle[i] = millis(() -> queue.claim("another"));
                }
                System.out.printf(
                        "%,d | %.2f | %.2f | %.2f | %d%n",
                        rows, at(claims, 0.5), at(claims, 0.95), at(idle, 0.5), turn(database, queue));
            }
        }
    }

    /** Work of one workspace, with the statistics that PostgreSQL gathers by itself after a while. */
    private static void fill(Database database, WorkQueue queue, int rows) {
        database.run(sql -> {
            sql.update("truncate work, work_turn");
            for (int i = 0; i < rows; i++) {
                queue.enqueue(sql, KIND, "workspaces/alice/things/" + i, i % 3);
            }
        });
        database.run(sql -> sql.update("analyze work"));
    }

    /** How many claims it takes until the other workspace's only piece is claimed. */
    private static int turn(Database database, WorkQueue queue) {
        database.run(sql -> queue.enqueue(sql, KIND, "workspaces/bob/things/a", -10));
        int claims = 1;
        while (!queue.claim(KIND).map(Claim::name).orElseThrow().startsWith("workspaces/bob/")) {
            claims++;
        }
        return claims;
    }

    private static double millis(Runnable body) {
        long start = System.nanoTime();
        body.run();
        return (System.nanoTime() - start) / 1e6;
    }

    private static double at(double[] times, double quantile) {
        double[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[(int) (quantile * (sorted.length - 1))];
    }

    private static AgroalDataSource pool(Servers servers) throws SQLException {
        return AgroalDataSource.from(
                new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration(pool -> pool.maxSize(4)
                        .acquisitionTimeout(Duration.ofSeconds(10))
                        .connectionFactoryConfiguration(factory -> factory.jdbcUrl(servers.postgres(SCHEMA))
                                .principal(new NamePrincipal(servers.postgresUser()))
                                .credential(new SimplePassword(servers.postgresPassword())))));
    }
}
