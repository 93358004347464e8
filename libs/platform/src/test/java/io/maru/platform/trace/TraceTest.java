package io.maru.platform.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.maru.platform.PlatformSchema;
import io.maru.platform.caller.Caller;
import io.maru.platform.database.Database;
import io.maru.platform.event.Fact;
import io.maru.platform.event.FactDelivery;
import io.maru.platform.event.Inbox;
import io.maru.platform.event.Outbox;
import io.maru.platform.event.OutboxRelay;
import io.maru.platform.testkit.Facts;
import io.maru.platform.testkit.Servers;
import io.maru.platform.work.Claim;
import io.maru.platform.work.WorkQueue;
import io.maru.platform.work.Worker;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.testing.junit5.OpenTelemetryExtension;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A trace goes through rows, threads and Kafka. */
@Timeout(60)
class TraceTest {
    @RegisterExtension
    static final OpenTelemetryExtension TELEMETRY = OpenTelemetryExtension.create();

    private static final String TOPIC = "maru.dead-letters.v1";
    private static final String TYPE = "maru.test.v1";

    private final String subject = "workspaces/alice/things/" + UUID.randomUUID();
    private PlatformSchema schema;
    private Database database;

    @BeforeEach
    void createSchema() throws SQLException {
        schema = PlatformSchema.create("trace_test");
        schema.clear();
        database = schema.database();
    }

    @AfterEach
    void closePool() {
        schema.close();
    }

    @Test
    void nobodyWhoTracesIsNoTrace() {
        assertThat(Trace.current()).isEmpty();
    }

    @Test
    void theWorkersSpanIsAChildOfTheCallThatOfferedTheWork() throws Exception {
        WorkQueue queue = new WorkQueue(database, Duration.ofSeconds(10));
        Span call = call(() -> database.run(sql -> queue.enqueue(sql, "thing", subject)));

        CompletableFuture<String> workspace = new CompletableFuture<>();
        try (Worker worker = new Worker(queue, "thing", 10, work(queue, workspace))) {
            worker.start();
            assertThat(workspace.get()).isEqualTo("alice");
            await().until(() -> TELEMETRY.getSpans().size() == 2);
        }

        SpanData span = span("thing");
        assertThat(span.getTraceId()).isEqualTo(call.getSpanContext().getTraceId());
        assertThat(span.getParentSpanId()).isEqualTo(call.getSpanContext().getSpanId());
        assertThat(span.getAttributes().asMap().values()).contains(subject);
    }

    @Test
    void theHandlersSpanIsAChildOfTheCallInWhichTheFactBecameTrue() throws Exception {
        Fact fact = new Fact(UUID.randomUUID().toString(), TYPE, subject, "", Instant.now(), new byte[0]);
        CompletableFuture<String> workspace = new CompletableFuture<>();
        try (Facts kafka = Facts.on(TOPIC);
                OutboxRelay relay = relay()) {
            relay.start();
            Span call = call(() -> database.run(sql -> new Outbox(relay::wake).append(sql, fact)));

            ConsumerRecord<String, byte[]> record =
                    kafka.awaitRecords(1, seen -> subject.equals(seen.key())).get(0);
            new FactDelivery(
                            new Inbox(database),
                            Map.of(
                                    TYPE,
                                    seen -> workspace.complete(Caller.current().workspace())))
                    .deliver(record);

            assertThat(workspace.get()).isEqualTo("alice");
            assertThat(span(TYPE).getTraceId()).isEqualTo(call.getSpanContext().getTraceId());
            assertThat(span(TYPE).getParentSpanId())
                    .isEqualTo(call.getSpanContext().getSpanId());
        }
    }

    @Test
    void whatFailsIsSeenInItsSpan() {
        assertThatThrownBy(() -> Trace.goOn("", "thing", subject, "runs/r", () -> {
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");

        assertThat(span("thing").getStatus()).isEqualTo(StatusData.error());
        assertThat(span("thing").getAttributes().asMap().values()).contains("runs/r");
    }

    private OutboxRelay relay() {
        return new OutboxRelay(
                database,
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", Servers.running().kafka()),
                        new StringSerializer(),
                        new ByteArraySerializer()),
                TOPIC,
                "/maru/test",
                10);
    }

    private static Worker.Work work(WorkQueue queue, CompletableFuture<String> workspace) {
        return new Worker.Work() {
            @Override
            public void perform(Claim claim) {
                queue.finish(claim);
                workspace.complete(Caller.current().workspace());
            }

            @Override
            public void fail(Claim claim, String reason, String message) {
                throw new AssertionError(message);
            }
        };
    }

    private static Span call(Runnable body) {
        Span call = TELEMETRY
                .getOpenTelemetry()
                .getTracer("test")
                .spanBuilder("call")
                .startSpan();
        try (Scope scope = call.makeCurrent()) {
            body.run();
        } finally {
            call.end();
        }
        return call;
    }

    private static SpanData span(String name) {
        return TELEMETRY.getSpans().stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
