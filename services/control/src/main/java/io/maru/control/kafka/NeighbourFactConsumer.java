package io.maru.control.kafka;

import io.maru.control.app.Wake;
import io.maru.platform.event.CloudEvents;
import io.maru.platform.event.Fact;
import io.smallrye.reactive.messaging.annotations.Blocking;
import jakarta.enterprise.context.ApplicationScoped;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * Makes the conductor look at a run as soon as a service has told something about it. What it told does not matter: the
 * service is asked for its state. So a fact that is lost, late or double costs at most one look, and none is kept for later.
 */
@ApplicationScoped
public class NeighbourFactConsumer {
    private final Wake wake;

    NeighbourFactConsumer(Wake wake) {
        this.wake = wake;
    }

    @Incoming("neighbour-facts")
    @Blocking
    void on(ConsumerRecord<String, byte[]> record) {
        Fact fact = CloudEvents.fromRecord(record);
        if (!fact.run().isEmpty()) {
            wake.soon(fact.run());
        }
    }
}
