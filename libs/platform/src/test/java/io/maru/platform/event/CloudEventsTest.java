package io.maru.platform.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.Test;

class CloudEventsTest {
    private static final Fact FACT = new Fact(
            "0b1c",
            "maru.corpus.sealed.v1",
            "corpora/a",
            "runs/r",
            Instant.parse("2026-01-02T03:04:05.678901Z"),
            new byte[] {0, -1, 7});

    private static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    /** Kafka Protocol Binding for CloudEvents 1.0.2, section 3.2, and the distributed tracing extension. */
    @Test
    void aRecordIsWhatTheBindingSaysOfBinaryMode() {
        ProducerRecord<String, byte[]> record =
                CloudEvents.toRecord(FACT, TRACEPARENT, "maru.ingestion.v1", "/maru/ingestion");

        assertThat(record.topic()).isEqualTo("maru.ingestion.v1");
        assertThat(record.key()).isEqualTo("corpora/a");
        assertThat(record.value()).containsExactly(0, -1, 7);
        Map<String, String> headers = headers(record);
        assertThat(headers)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "ce_traceparent", TRACEPARENT,
                        "ce_specversion", "1.0",
                        "ce_id", "0b1c",
                        "ce_type", "maru.corpus.sealed.v1",
                        "ce_source", "/maru/ingestion",
                        "ce_subject", "corpora/a",
                        "ce_time", "2026-01-02T03:04:05.678901Z",
                        "ce_correlationid", "runs/r",
                        "content-type", "application/protobuf"));
    }

    @Test
    void aFactThatBelongsToNoTraceSaysNone() {
        ConsumerRecord<String, byte[]> record = received(FACT, "");

        assertThat(record.headers().lastHeader("ce_traceparent")).isNull();
        assertThat(CloudEvents.traceparent(record)).isEmpty();
        assertThat(CloudEvents.traceparent(received(FACT, TRACEPARENT))).isEqualTo(TRACEPARENT);
    }

    @Test
    void aFactComesBackAsItWas() {
        assertThat(CloudEvents.fromRecord(received(FACT)))
                .usingRecursiveComparison()
                .isEqualTo(FACT);
    }

    @Test
    void aFactOutsideAnyRunHasNoCorrelation() {
        Fact fact = new Fact("1", "maru.test.v1", "things/a", "", Instant.EPOCH, new byte[0]);

        assertThat(headers(CloudEvents.toRecord(fact, "t", "/s"))).doesNotContainKeys("ce_correlationid");
        assertThat(CloudEvents.fromRecord(received(fact)))
                .usingRecursiveComparison()
                .isEqualTo(fact);
    }

    @Test
    void whatTheSpecificationLeavesOptionalMayBeAbsent() {
        ConsumerRecord<String, byte[]> record = new ConsumerRecord<>("t", 0, 0, null, null);
        header(record, "ce_specversion", "1.0");
        header(record, "ce_id", "7");
        header(record, "ce_type", "maru.test.v1");
        header(record, "ce_source", "/elsewhere");

        Fact fact = CloudEvents.fromRecord(record);

        assertThat(fact.id()).isEqualTo("7");
        assertThat(fact.subject()).isEmpty();
        assertThat(fact.run()).isEmpty();
        assertThat(fact.time()).isEqualTo(Instant.ofEpochMilli(record.timestamp()));
        assertThat(fact.data()).isEmpty();
    }

    @Test
    void anEventWithoutWhatIsRequiredIsMalformed() {
        for (String required : new String[] {"ce_specversion", "ce_id", "ce_type", "ce_source"}) {
            ConsumerRecord<String, byte[]> record = received(FACT);
            record.headers().remove(required);

            assertThatThrownBy(() -> CloudEvents.fromRecord(record))
                    .as(required)
                    .isInstanceOf(MalformedEventException.class);
        }
    }

    @Test
    void aTimeThatIsNoneIsMalformed() {
        ConsumerRecord<String, byte[]> record = received(FACT);
        record.headers().remove("ce_time");
        header(record, "ce_time", "yesterday");

        assertThatThrownBy(() -> CloudEvents.fromRecord(record)).isInstanceOf(MalformedEventException.class);
    }

    private static ConsumerRecord<String, byte[]> received(Fact fact) {
        return received(fact, "");
    }

    private static ConsumerRecord<String, byte[]> received(Fact fact, String traceparent) {
        ProducerRecord<String, byte[]> sent = CloudEvents.toRecord(fact, traceparent, "t", "/maru/test");
        ConsumerRecord<String, byte[]> record = new ConsumerRecord<>("t", 0, 0, sent.key(), sent.value());
        sent.headers().forEach(record.headers()::add);
        return record;
    }

    private static void header(ConsumerRecord<?, ?> record, String name, String value) {
        record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, String> headers(ProducerRecord<?, ?> record) {
        Map<String, String> headers = new TreeMap<>();
        for (Header header : record.headers()) {
            headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        return headers;
    }
}
