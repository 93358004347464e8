package io.maru.platform.event;

import com.google.protobuf.InvalidProtocolBufferException;
import io.maru.platform.error.Faults;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jboss.logging.Logger;

/**
 * Hands one Kafka record to the handler of its type.
 *
 * <ul>
 *   <li>A type without a handler is none of this service's business: it passes.
 *   <li>An id that the inbox knows passes.
 *   <li>While something that the handler needs is down (database, store, another service) the record is tried again and
 *       again, and the partition waits: nothing is lost and nothing is skipped.
 *   <li>Any other exception leaves this method, and the channel's failure strategy sends the record to the dead letters.
 * </ul>
 */
public final class FactDelivery {
    private static final Logger log = Logger.getLogger(FactDelivery.class);
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 5_000;

    private final Inbox inbox;
    private final Map<String, Handler> handlers;

    /** @param handlers by event type */
    public FactDelivery(Inbox inbox, Map<String, Handler> handlers) {
        this.inbox = inbox;
        this.handlers = Map.copyOf(handlers);
    }

    public void deliver(ConsumerRecord<?, byte[]> record) {
        Fact fact = CloudEvents.fromRecord(record);
        Handler handler = handlers.get(fact.type());
        if (handler == null) {
            return;
        }
        long pause = FIRST_PAUSE_MILLIS;
        while (true) {
            try {
                if (!inbox.hasSeen(fact)) {
                    handler.on(fact);
                    inbox.record(fact);
                }
                return;
            } catch (InvalidProtocolBufferException e) {
                throw new MalformedEventException(record, e);
            } catch (RuntimeException e) {
                if (!Faults.isTransient(e)) {
                    throw e;
                }
                log.warnf("%s %s waits: %s", fact.type(), fact.subject(), e.getMessage());
                sleep(pause, e);
                pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
            }
        }
    }

    private static void sleep(long millis, RuntimeException why) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw why;
        }
    }

    /** Must be idempotent: it may run again for an event whose first run was cut short. */
    @FunctionalInterface
    public interface Handler {
        void on(Fact fact) throws InvalidProtocolBufferException;
    }
}
