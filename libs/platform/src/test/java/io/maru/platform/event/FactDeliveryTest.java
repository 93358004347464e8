package io.maru.platform.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import io.maru.platform.PlatformSchema;
import io.maru.platform.database.Database;
import io.maru.platform.error.CommonReason;
import io.maru.platform.testkit.Facts;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FactDeliveryTest {
    private static final String TOPIC = "maru.dead-letters.v1";
    private static final String TYPE = "maru.test.v1";

    private static PlatformSchema schema;
    private static Database database;
    private static Facts kafka;

    private final List<Fact> handled = new ArrayList<>();
    private final Inbox inbox = new Inbox(database);

    @BeforeAll
    static void createSchema() throws SQLException {
        schema = PlatformSchema.create("fact_delivery_test");
        database = schema.database();
        kafka = Facts.on(TOPIC);
    }

    @AfterAll
    static void closePool() {
        kafka.close();
        schema.close();
    }

    @BeforeEach
    void clear() {
        schema.clear();
    }

    @Test
    void anEventIsHandledOnceHoweverOftenItComes() {
        ConsumerRecord<String, byte[]> record = received(fact(TYPE, new byte[] {1}));
        FactDelivery delivery = new FactDelivery(inbox, Map.of(TYPE, handled::add));

        delivery.deliver(record);
        delivery.deliver(record);
        // Another replica, or this one after a restart.
        new FactDelivery(new Inbox(database), Map.of(TYPE, handled::add)).deliver(record);

        assertThat(handled).hasSize(1);
        assertThat(handled.get(0).data()).containsExactly(1);
    }

    @Test
    void aTypeWithoutAHandlerPassesAndIsNotRemembered() {
        Fact fact = fact("maru.other.v1", new byte[0]);

        new FactDelivery(inbox, Map.of(TYPE, handled::add)).deliver(received(fact));

        assertThat(handled).isEmpty();
        assertThat(inbox.hasSeen(fact)).isFalse();
    }

    @Test
    void whileSomethingIsDownTheEventIsTriedAgain() {
        FactDelivery delivery = new FactDelivery(inbox, Map.of(TYPE, fact -> {
            handled.add(fact);
            if (handled.size() < 3) {
                throw CommonReason.OBJECT_STORE_UNAVAILABLE.because("the store is down");
            }
        }));
        Fact fact = fact(TYPE, new byte[0]);

        delivery.deliver(received(fact));

        assertThat(handled).hasSize(3);
        assertThat(inbox.hasSeen(fact)).isTrue();
    }

    @Test
    void anyOtherExceptionLeavesAndTheEventIsNotTakenForHandled() {
        Fact fact = fact(TYPE, new byte[0]);
        FactDelivery delivery = new FactDelivery(inbox, Map.of(TYPE, seen -> {
            handled.add(seen);
            throw new IllegalStateException("cannot");
        }));

        assertThatThrownBy(() -> delivery.deliver(received(fact))).hasMessage("cannot");

        assertThat(handled).hasSize(1);
        assertThat(inbox.hasSeen(fact)).isFalse();
    }

    @Test
    void dataThatIsNoMessageOfItsTypeIsMalformed() {
        // Field 1 as a length-delimited value that is cut off.
        byte[] broken = {0x0a, 0x7f};
        FactDelivery delivery = new FactDelivery(inbox, Map.of(TYPE, fact -> Timestamp.parseFrom(fact.data())));

        assertThatThrownBy(() -> delivery.deliver(received(fact(TYPE, broken))))
                .isInstanceOf(MalformedEventException.class)
                .hasMessageStartingWith(TOPIC + "-");
    }

    @Test
    void aRecordThatIsNoCloudEventIsMalformed() {
        String key = UUID.randomUUID().toString();
        kafka.publish(new ProducerRecord<>(TOPIC, key, new byte[] {1}));
        ConsumerRecord<String, byte[]> record =
                kafka.awaitRecords(1, seen -> key.equals(seen.key())).get(0);

        assertThatThrownBy(() -> new FactDelivery(inbox, Map.of(TYPE, handled::add)).deliver(record))
                .isInstanceOf(MalformedEventException.class)
                .hasMessage(String.format(
                        Locale.ROOT,
                        "%s-%d@%d: no readable event (expected: a CloudEvent 1.0 in binary mode with protobuf data)",
                        TOPIC,
                        record.partition(),
                        record.offset()));
        assertThat(handled).isEmpty();
    }

    @Test
    void anEffectInTheDatabaseIsDoneInTheTransactionThatRecordsItsEvent() {
        Fact fact = fact(TYPE, new byte[0]);

        assertThatThrownBy(() -> database.run(sql -> {
                    assertThat(inbox.firstTime(sql, fact)).isTrue();
                    throw new IllegalStateException("the effect failed");
                }))
                .hasMessage("the effect failed");
        assertThat(inbox.hasSeen(fact)).isFalse();

        boolean first = database.inTransaction(sql -> inbox.firstTime(sql, fact));
        boolean second = database.inTransaction(sql -> inbox.firstTime(sql, fact));
        assertThat(first).isTrue();
        assertThat(second).isFalse();
    }

    @Test
    void whatNoBrokerWillBringAgainIsForgotten() {
        Fact old = fact(TYPE, new byte[0]);
        Fact fresh = fact(TYPE, new byte[0]);
        inbox.record(old);
        inbox.record(fresh);
        database.run(sql -> sql.update("update inbox set time = now() - interval '31 days' where id = ?", old.id()));

        assertThat(inbox.purge(Duration.ofDays(30))).isEqualTo(1);

        assertThat(inbox.hasSeen(old)).isFalse();
        assertThat(inbox.hasSeen(fresh)).isTrue();
    }

    private static Fact fact(String type, byte[] data) {
        return new Fact(UUID.randomUUID().toString(), type, "things/" + UUID.randomUUID(), "", Instant.now(), data);
    }

    /** The fact as it comes out of Kafka. */
    private static ConsumerRecord<String, byte[]> received(Fact fact) {
        kafka.publish(CloudEvents.toRecord(fact, TOPIC, "/maru/test"));
        return kafka.awaitRecords(1, record -> fact.subject().equals(record.key()))
                .get(0);
    }
}
