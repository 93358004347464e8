package io.maru.platform.event;

import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.kafka.KafkaMessageFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * {@link Fact} to Kafka record and back: CloudEvents 1.0, binary mode, with the extensions {@code correlationid} (the
 * run) and {@code traceparent} (W3C Trace Context; one trace for each run).
 */
public final class CloudEvents {
    static final String CONTENT_TYPE = "application/protobuf";
    private static final String CORRELATION = "correlationid";

    private CloudEvents() {}

    /** @param source as in {@code /maru/ingestion} */
    public static ProducerRecord<String, byte[]> toRecord(Fact fact, String topic, String source) {
        CloudEventBuilder event = CloudEventBuilder.v1()
                .withId(fact.id())
                .withType(fact.type())
                .withSource(URI.create(source))
                .withSubject(fact.subject())
                .withTime(OffsetDateTime.ofInstant(fact.time(), ZoneOffset.UTC))
                .withData(CONTENT_TYPE, fact.data());
        if (!fact.run().isEmpty()) {
            event.withExtension(CORRELATION, fact.run()).withExtension("traceparent", traceparent(fact));
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

    private static String traceparent(Fact fact) {
        return "00-" + hash(fact.run(), 16) + "-" + hash(fact.id(), 8) + "-01";
    }

    private static String hash(String text, int bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
