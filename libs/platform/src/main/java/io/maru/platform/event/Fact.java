package io.maru.platform.event;

import com.google.protobuf.Message;
import java.time.Instant;
import java.util.UUID;

/**
 * Something that happened: a CloudEvent 1.0 whose data is a protobuf message.
 *
 * @param id unique; a consumer that sees it twice does nothing the second time
 * @param type as in {@code maru.corpus.sealed.v1}
 * @param subject the resource's name, which is also the Kafka key
 * @param run the run that it happened in, {@code runs/{run}}, as the event's correlation id; empty outside any run
 * @param data the protobuf message's bytes
 */
public record Fact(String id, String type, String subject, String run, Instant time, byte[] data) {

    /** A new fact, now. */
    public static Fact of(String type, String subject, String run, Message data) {
        return new Fact(UUID.randomUUID().toString(), type, subject, run, Instant.now(), data.toByteArray());
    }
}
