package io.maru.platform.event;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/**
 * {@link Fact} to Kafka record and back: CloudEvents 1.0, binary mode, with the extensions {@code correlationid} (the
 * run) and {@code traceparent} (W3C Trace Context of the call in which the fact became true).
 */
public final class CloudEvents {
    static final String CONTENT_TYPE = "application/protobuf";
    private static final String CORRELATION = "correlationid";
    private static final String TRACE = "traceparent";

    private CloudEvents() {}

    /** {@link #toRecord(Fact, String, String, String)} of a fact that belongs to no trace. */
    public static ProducerRecord<String, byte[]> toRecord(Fact fact, String topic, String source) {
        return toRecord(fact, "", topic, source);
    }

    /**
     * The record of a fact.
     *
     * @param traceparent of the call in which it became true; may be empty
     * @param source as in {@code /maru/ingestion}
     */
    public static ProducerRecord<String, byte[]> toRecord(Fact fact, String traceparent, String topic, String source) {
        CloudEventBuilder event = CloudEventBuilder.v1()
                .withId(fact.id())
                .withType(fact.type())
                .withSource(URI.create(source))
                .withSubject(fact.subject())
                .withTime(OffsetDateTime.ofInstant(fact.time(), ZoneOffset.UTC))
                .withData(CONTENT_TYPE, fact.data());
        if (!fact.run().isEmpty()) {
            event.withExtension(CORRELATION, fact.run());
        }
        if (!traceparent.isEmpty()) {
            event.withExtension(TRACE, traceparent);
        }
        // The CloudEvents codec sets headers and value; the key is ours, so that one resource's facts stay in order.
        ProducerRecord<String, byte[]> encoded =
                KafkaMessageFactory.<String>createWriter(topic, fact.subject()).writeBinary(event.build());
        return encoded;
    }

    /** @throws MalformedEventException where the record is no CloudEvent */
    public static Fact fromRecord(ConsumerRecord<?, byte[]> record) {
        CloudEvent event;
        try {
            event = KafkaMessageFactory.createReader(record).toEvent();
        } catch (RuntimeException e) {
            throw new MalformedEventException(record, e);
        }
        Object run = event.getExtension(CORRELATION);
        return new Fact(
                event.getId(),
                event.getType(),
                event.getSubject() == null ? "" : event.getSubject(),
                run == null ? "" : run.toString(),
                event.getTime() == null
                        ? Instant.ofEpochMilli(record.timestamp())
                        : event.getTime().toInstant(),
                event.getData() == null ? new byte[0] : event.getData().toBytes());
    }

    /** The trace that the event belongs to; empty where it says none. */
    static String traceparent(ConsumerRecord<?, ?> record) {
        Header header = record.headers().lastHeader("ce_" + TRACE);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }
}
