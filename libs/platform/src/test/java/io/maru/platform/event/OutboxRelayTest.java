package io.maru.platform.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.maru.platform.PlatformSchema;
import io.maru.platform.database.Database;
import io.maru.platform.database.DatabaseException;
import io.maru.platform.testkit.Facts;
import io.maru.platform.testkit.Servers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OutboxRelayTest {
    private static final String TOPIC = "maru.training.v1";
    private static final String TYPE = "maru.test.v1";
    private static final long NO_POLL_MILLIS = TimeUnit.HOURS.toMillis(1);

    private static PlatformSchema schema;
    private static Database database;
    private static Facts kafka;

    private final String subject = "jobs/" + UUID.randomUUID();
    private final Outbox outbox = new Outbox(() -> {});
    private final List<OutboxRelay> relays = new ArrayList<>();

    @BeforeAll
    static void createSchema() throws SQLException {
        schema = PlatformSchema.create("outbox_test");
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

    @AfterEach
    void closeRelays() {
        relays.forEach(OutboxRelay::close);
    }

    @Test
    void aTransactionThatRollsBackTellsNothing() {
        assertThatThrownBy(() -> database.run(sql -> {
                    outbox.append(sql, fact("never"));
                    throw new IllegalStateException("changed its mind");
                }))
                .hasMessage("changed its mind");
        append("told");

        assertThat(relay().relay()).isEqualTo(1);

        assertThat(published(1)).containsExactly("told");
    }

    @Test
    void committedFactsArriveInOrderAndTheOutboxIsEmptyAfterwards() {
        List<String> told = IntStream.range(0, 450).mapToObj(Integer::toString).toList();
        append(told.toArray(String[]::new));

        OutboxRelay relay = relay();
        int carried = relay.relay();
        assertThat(carried).isBetween(1, told.size() - 1);
        while (waiting() > 0) {
            carried += relay.relay();
        }

        assertThat(carried).isEqualTo(told.size());
        assertThat(published(told.size())).isEqualTo(told);
        assertThat(relay.relay()).isZero();
    }

    @Test
    void aRelayThatIsToldLooksAtOnce() {
        OutboxRelay relay = relay();
        // Its own look at the outbox comes too early to see the fact, and the next one too late for this test.
        relay.start();
        Outbox telling = new Outbox(relay::wake);

        for (int i = 0; i < 20; i++) {
            database.run(sql -> telling.append(sql, fact("a")));
            await().until(() -> waiting() == 0);
        }

        assertThat(published(20)).hasSize(20);
    }

    @Test
    void theRelayIsToldOnceTheFactIsThereAndOnlyThen() {
        AtomicInteger told = new AtomicInteger();
        Outbox telling = new Outbox(told::incrementAndGet);

        database.run(sql -> {
            telling.append(sql, fact("a"));
            assertThat(told).hasValue(0);
        });
        assertThat(told).hasValue(1);

        assertThatThrownBy(() -> database.run(sql -> {
                    telling.append(sql, fact("b"));
                    throw new IllegalStateException();
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(told).hasValue(1);
    }

    @Test
    void aCrashBetweenAcknowledgementAndCommitSendsAgainAndTheReceiverActsOnce() {
        append("once");
        Producer<String, byte[]> crashing = new Interposed() {
            @Override
            void sent(Future<RecordMetadata> acknowledgement) throws Exception {
                acknowledgement.get();
                database.run(sql -> sql.list(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                                + " where state = 'idle in transaction' and query like '%from outbox%'",
                        row -> row.getBoolean(1)));
            }
        };

        assertThatThrownBy(() -> relay(crashing).relay()).isInstanceOf(DatabaseException.class);
        assertThat(waiting()).isEqualTo(1);
        assertThat(relay().relay()).isEqualTo(1);
        assertThat(waiting()).isZero();

        List<ConsumerRecord<String, byte[]>> records = records(2);
        assertThat(records).hasSize(2);
        assertThat(records)
                .extracting(record -> CloudEvents.fromRecord(record).id())
                .containsOnly(CloudEvents.fromRecord(records.get(0)).id());
        List<String> handled = new ArrayList<>();
        FactDelivery delivery = new FactDelivery(new Inbox(database), Map.of(TYPE, fact -> handled.add(text(fact))));
        records.forEach(delivery::deliver);
        assertThat(handled).containsExactly("once");
    }

    @Test
    void whileOneRelayCarriesAFactAnotherDoesNotOvertakeIt() throws Exception {
        append("first");
        CountDownLatch carrying = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Producer<String, byte[]> slow = new Interposed() {
            @Override
            void sent(Future<RecordMetadata> acknowledgement) throws Exception {
                carrying.countDown();
                goOn.await();
            }
        };
        CompletableFuture<Integer> one =
                CompletableFuture.supplyAsync(() -> relay(slow).relay());
        carrying.await();
        append("second");
        OutboxRelay another = relay();
        CompletableFuture<Integer> two = CompletableFuture.supplyAsync(another::relay);

        await().until(() -> database.inTransaction(sql -> sql.first(
                        "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%from outbox%'",
                        row -> true)
                .isPresent()));
        goOn.countDown();

        assertThat(one.get()).isEqualTo(1);
        two.get();
        while (waiting() > 0) {
            another.relay();
        }
        assertThat(published(2)).containsExactly("first", "second");
    }

    @Test
    void twoRelaysTogetherKeepTheOrderOfEachResource() {
        for (OutboxRelay relay : List.of(relay(1), relay(1))) {
            relay.start();
        }
        List<String> told = IntStream.range(0, 600).mapToObj(Integer::toString).toList();
        for (int i = 0; i < told.size(); i += 10) {
            append(told.subList(i, i + 10).toArray(String[]::new));
        }
        await().until(() -> waiting() == 0);

        assertThat(published(told.size())).isEqualTo(told);
    }

    @Test
    void whenKafkaDoesNotAnswerTheFactsStayAndTheServiceCanStop() throws IOException {
        append("a", "b", "c");
        Map<String, Object> nobody = new HashMap<>(configuration());
        nobody.put("bootstrap.servers", "127.0.0.1:" + closedPort());
        nobody.put("max.block.ms", 200);
        OutboxRelay relay = relay(new KafkaProducer<>(nobody, new StringSerializer(), new ByteArraySerializer()));

        assertThatThrownBy(relay::relay).hasMessageStartingWith("Kafka did not take a fact");
        relay.close();

        assertThat(waiting()).isEqualTo(3);
        assertThat(relay().relay()).isEqualTo(3);
        assertThat(published(3)).containsExactly("a", "b", "c");
    }

    @Test
    void aFactThatKafkaRefusesIsNotOvertaken() {
        append("x".repeat(10_000), "small");
        Map<String, Object> narrow = new HashMap<>(configuration());
        narrow.put("max.request.size", 5_000);
        OutboxRelay relay = relay(new KafkaProducer<>(narrow, new StringSerializer(), new ByteArraySerializer()));

        assertThatThrownBy(relay::relay).hasMessageContaining("10");

        assertThat(waiting()).isEqualTo(2);
        assertThat(relay().relay()).isEqualTo(2);
        assertThat(published(2)).containsExactly("x".repeat(10_000), "small");
    }

    @Test
    void aRelayOutlivesAnOutageOfItsDatabase() throws SQLException {
        database.run(sql -> sql.update("alter table outbox rename to outbox_away"));
        OutboxRelay relay = relay(1);
        relay.start();
        database.run(sql -> sql.update("alter table outbox_away rename to outbox"));
        append("after all");

        assertThat(published(1)).containsExactly("after all");
    }

    /** A real producer that lets a test act while a record is under way. */
    private abstract static class Interposed extends KafkaProducer<String, byte[]> {
        Interposed() {
            super(configuration(), new StringSerializer(), new ByteArraySerializer());
        }

        abstract void sent(Future<RecordMetadata> acknowledgement) throws Exception;

        @Override
        public Future<RecordMetadata> send(ProducerRecord<String, byte[]> record) {
            Future<RecordMetadata> acknowledgement = super.send(record);
            try {
                sent(acknowledgement);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return acknowledgement;
        }
    }

    private static Map<String, Object> configuration() {
        return Map.of(
                "bootstrap.servers",
                Servers.running().kafka(),
                "acks",
                "all",
                "enable.idempotence",
                true,
                "linger.ms",
                0);
    }

    private OutboxRelay relay() {
        return relay(NO_POLL_MILLIS);
    }

    private OutboxRelay relay(long pollMillis) {
        return relay(
                new KafkaProducer<>(configuration(), new StringSerializer(), new ByteArraySerializer()), pollMillis);
    }

    private OutboxRelay relay(Producer<String, byte[]> producer) {
        return relay(producer, NO_POLL_MILLIS);
    }

    private OutboxRelay relay(Producer<String, byte[]> producer, long pollMillis) {
        OutboxRelay relay = new OutboxRelay(database, producer, TOPIC, "/maru/test", pollMillis);
        relays.add(relay);
        return relay;
    }

    /** Appends one fact for each text, all of them in one transaction. */
    private void append(String... texts) {
        database.run(sql -> {
            for (String text : texts) {
                outbox.append(sql, fact(text));
            }
        });
    }

    private Fact fact(String text) {
        byte[] data = text.getBytes(StandardCharsets.UTF_8);
        return new Fact(UUID.randomUUID().toString(), TYPE, subject, "runs/r", Instant.now(), data);
    }

    private static long waiting() {
        return database.inTransaction(sql ->
                sql.first("select count(*) from outbox", row -> row.getLong(1)).orElseThrow());
    }

    /**
     * What this test's facts say, when there are {@code count}. More than that would be there too: whatever was sent before
     * the last one lies before it in its partition.
     */
    private List<String> published(int count) {
        return records(count).stream()
                .map(record -> text(CloudEvents.fromRecord(record)))
                .toList();
    }

    private List<ConsumerRecord<String, byte[]>> records(int count) {
        return kafka.awaitRecords(count, record -> subject.equals(record.key()));
    }

    private static String text(Fact fact) {
        return new String(fact.data(), StandardCharsets.UTF_8);
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
