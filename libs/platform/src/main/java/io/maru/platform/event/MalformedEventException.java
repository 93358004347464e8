package io.maru.platform.event;

import java.util.Locale;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** A Kafka record that is no CloudEvent, or whose data is not what its type says. */
public final class MalformedEventException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public MalformedEventException(ConsumerRecord<?, ?> record, Throwable cause) {
        super(
                String.format(
                        Locale.ROOT,
                        "%s-%d@%d: no readable event (expected: a CloudEvent 1.0 in binary mode with protobuf data)",
                        record.topic(),
                        record.partition(),
                        record.offset()),
                cause);
    }
}
