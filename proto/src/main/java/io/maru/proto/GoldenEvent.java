package io.maru.proto;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * One event as it stands on Kafka, for the tests of whoever writes it and of whoever reads it: both hold the same bytes, so
 * neither can drift alone.
 *
 * <pre>{@code
 * ShardSealed sealed = GoldenEvent.read("maru.shard.sealed.v1").data(ShardSealed.parser());
 * }</pre>
 *
 * @param type the CloudEvents type, as in {@code maru.shard.sealed.v1}
 * @param topic the Kafka topic it is told on
 * @param key the Kafka key and CloudEvents subject: the name of the resource
 * @param json the data in protobuf's JSON mapping
 * @param bytes the data in protobuf's wire format, the record's value
 */
public record GoldenEvent(String type, String topic, String key, String json, byte[] bytes) {

    /** @throws IllegalArgumentException where no event has that type */
    public static GoldenEvent read(String type) {
        String resource = "/events/" + type + ".json";
        try (InputStream file = GoldenEvent.class.getResourceAsStream(resource)) {
            if (file == null) {
                throw new IllegalArgumentException("type: %s (expected: one with a file %s)".formatted(type, resource));
            }
            return parse(new String(file.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @throws InvalidProtocolBufferException where {@code file} is no JSON object */
    static GoldenEvent parse(String file) throws InvalidProtocolBufferException {
        // protobuf's own JSON reader is here anyway; a Struct is any JSON object.
        Struct.Builder event = Struct.newBuilder();
        JsonFormat.parser().merge(file, event);
        return new GoldenEvent(
                text(event, "type"),
                text(event, "topic"),
                text(event, "key"),
                JsonFormat.printer().print(event.getFieldsOrThrow("data").getStructValue()),
                Base64.getDecoder().decode(text(event, "base64")));
    }

    private static String text(Struct.Builder event, String field) {
        return event.getFieldsOrThrow(field).getStringValue();
    }

    /** The event's data; {@code parser} is that of the message which events.proto names for this type. */
    public <T extends Message> T data(Parser<T> parser) {
        try {
            return parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(type + ": bytes are no such message", e);
        }
    }
}
