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

    /** Kafka Protocol Binding for CloudEvents 1.0.2, section 3.2, and the distributed tracing extension. */
    @Test
    void aRecordIsWhatTheBindingSaysOfBinaryMode() {
        ProducerRecord<String, byte[]> record = CloudEvents.toRecord(FACT, "maru.ingestion.v1", "/maru/ingestion");

        assertThat(record.topic()).isEqualTo("maru.ingestion.v1");
        assertThat(record.key()).isEqualTo("corpora/a");
        assertThat(record.value()).containsExactly(0, -1, 7);
        Map<String, String> headers = headers(record);
        assertThat(headers.remove("ce_traceparent")).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
        assertThat(headers)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
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
    void theFactsOfARunAreOneTrace() {
        String[] one = traceparent(FACT);
        String[] sameRun =
                traceparent(new Fact("2d", FACT.type(), FACT.subject(), FACT.run(), FACT.time(), FACT.data()));
        String[] otherRun =
                traceparent(new Fact(FACT.id(), FACT.type(), FACT.subject(), "runs/s", FACT.time(), FACT.data()));

        assertThat(sameRun[1]).isEqualTo(one[1]).isNotEqualTo(otherRun[1]);
        assertThat(sameRun[2]).isNotEqualTo(one[2]);
    }

    @Test
    void aFactComesBackAsItWas() {
        assertThat(CloudEvents.fromRecord(received(FACT)))
                .usingRecursiveComparison()
                .isEqualTo(FACT);
    }

    @Test
    void aFactOutsideAnyRunHasNoCorrelationAndNoTrace() {
        Fact fact = new Fact("1", "maru.test.v1", "things/a", "", Instant.EPOCH, new byte[0]);

        assertThat(headers(CloudEvents.toRecord(fact, "t", "/s")))
                .doesNotContainKeys("ce_correlationid", "ce_traceparent");
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
        ProducerRecord<String, byte[]> sent = CloudEvents.toRecord(fact, "t", "/maru/test");
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

    private static String[] traceparent(Fact fact) {
        return headers(CloudEvents.toRecord(fact, "t", "/s"))
                .get("ce_traceparent")
                .split("-");
    }
}
