package io.maru.platform.event;

import com.google.protobuf.InvalidProtocolBufferException;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.Faults;
import io.maru.platform.name.ResourceName;
import io.maru.platform.retry.Backoff;
import io.maru.platform.trace.Trace;
import java.time.Duration;
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
 *   <li>The handler runs in the workspace of the event's subject, and in the trace that the event belongs to.
 *   <li>Any other exception leaves this method, and the channel's failure strategy sends the record to the dead letters.
 * </ul>
 */
public final class FactDelivery {
    private static final Logger log = Logger.getLogger(FactDelivery.class);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));

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
        Caller caller = Caller.in(ResourceName.workspace(fact.subject()));
        try {
            Trace.goOn(
                    CloudEvents.traceparent(record),
                    fact.type(),
                    fact.subject(),
                    fact.run(),
                    () -> caller.call(() -> {
                        deliver(record, fact, handler);
                        return null;
                    }));
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("deliver() throws no checked exception", e);
        }
    }

    private void deliver(ConsumerRecord<?, byte[]> record, Fact fact, Handler handler) {
        for (int failures = 1; ; failures++) {
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
                sleep(failures, e);
            }
        }
    }

    private static void sleep(int failures, RuntimeException why) {
        try {
            BACKOFF.sleep(failures);
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
