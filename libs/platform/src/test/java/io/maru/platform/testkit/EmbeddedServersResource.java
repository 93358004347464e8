package io.maru.platform.testkit;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/**
 * Points a Quarkus test at {@link Servers}.
 *
 * <pre>{@code
 * @QuarkusTest
 * @QuarkusTestResource(
 *         value = EmbeddedServersResource.class,
 *         restrictToAnnotatedClass = true,
 *         initArgs = @ResourceArg(name = "schema", value = "ingestion"))
 * }</pre>
 */
public final class EmbeddedServersResource implements QuarkusTestResourceLifecycleManager {
    private String schema;

    @Override
    public void init(Map<String, String> initArgs) {
        schema = initArgs.get("schema");
    }

    @Override
    public Map<String, String> start() {
        Servers servers = Servers.running();
        return Map.of(
                // Tests know properties below maru, such as maru.root, that no service has.
                "smallrye.config.mapping.validate-unknown", "false",
                "quarkus.datasource.jdbc.url", schema == null ? servers.postgres() : servers.postgres(schema),
                "quarkus.datasource.username", servers.postgresUser(),
                "quarkus.datasource.password", servers.postgresPassword(),
                "kafka.bootstrap.servers", servers.kafka(),
                "maru.object-store.endpoint", servers.s3(),
                "maru.object-store.access-key", servers.s3AccessKey(),
                "maru.object-store.secret-key", servers.s3SecretKey(),
                "maru.object-store.bucket", servers.s3Bucket());
    }

    /** The servers are the test JVM's, not one application's: they stop with the JVM. */
    @Override
    public void stop() {}
}
