package io.maru.platform.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.platform.event.Fact;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class TestKitTest {
    private static final String TOPIC = "maru.control.v1";

    @Test
    void startsTheServersOnceForAllWhoAsk() {
        assertThat(Servers.running()).isEqualTo(Servers.running());
    }

    @Test
    void aPublishedFactComesBackAsItWas() {
        Fact fact = fact("runs/" + UUID.randomUUID());
        try (Facts facts = Facts.on(TOPIC)) {
            facts.publish(fact);

            assertThat(facts.await(seen -> seen.subject().equals(fact.subject())))
                    .usingRecursiveComparison()
                    .isEqualTo(fact);
        }
    }

    @Test
    void aLateReaderSeesEverythingSinceTheBeginning() {
        String subject = "runs/" + UUID.randomUUID();
        try (Facts early = Facts.on(TOPIC)) {
            early.publish(fact(subject));
            early.publish(fact(subject));
        }
        try (Facts late = Facts.on(TOPIC)) {
            assertThat(late.all())
                    .filteredOn(fact -> fact.subject().equals(subject))
                    .hasSize(2);
        }
    }

    @Test
    void aRecordThatIsNoFactCanBeSentAndSeen() {
        String key = UUID.randomUUID().toString();
        try (Facts facts = Facts.on("maru.dead-letters.v1")) {
            facts.publish(new ProducerRecord<>("maru.dead-letters.v1", key, new byte[] {1}));

            assertThat(facts.awaitRecords(1, record -> key.equals(record.key())))
                    .singleElement()
                    .satisfies(record -> assertThat(record.value()).containsExactly(1));
        }
    }

    @Test
    void theSchemaArgumentNamesWhereTablesGo() throws SQLException {
        EmbeddedServersResource resource = new EmbeddedServersResource();
        resource.init(Map.of("schema", "kit"));
        Map<String, String> configuration = resource.start();

        try (Connection connection = DriverManager.getConnection(
                        configuration.get("quarkus.datasource.jdbc.url"),
                        configuration.get("quarkus.datasource.username"),
                        configuration.get("quarkus.datasource.password"));
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE SCHEMA kit");
            statement.execute("CREATE TABLE note (text text)");
            try (ResultSet row = statement.executeQuery(
                    "SELECT table_schema FROM information_schema.tables WHERE table_name = 'note'")) {
                row.next();
                assertThat(row.getString(1)).isEqualTo("kit");
            }
        }
    }

    private static Fact fact(String subject) {
        byte[] data = "data".getBytes(StandardCharsets.UTF_8);
        return new Fact(UUID.randomUUID().toString(), "maru.test.v1", subject, "runs/r", Instant.EPOCH, data);
    }
}
