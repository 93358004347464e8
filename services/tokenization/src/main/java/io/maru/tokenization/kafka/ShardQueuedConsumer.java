package io.maru.tokenization.kafka;

import com.google.protobuf.InvalidProtocolBufferException;
import io.maru.platform.event.Fact;
import io.maru.platform.event.FactDelivery;
import io.maru.platform.event.Inbox;
import io.maru.tokenization.app.ShardEncoder;
import io.maru.tokenization.v1.ShardQueued;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.reactive.messaging.annotations.Blocking;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/**
 * Encodes each queued shard.
 *
 * <p>Delivery is at least once and in any order: {@link ShardEncoder#encode} does nothing for a shard that is sealed, and
 * shards do not depend on each other. An exception sends the event to the dead letters, and the stream goes on.
 */
@ApplicationScoped
class ShardQueuedConsumer {
    private final ShardEncoder encoder;
    private final MeterRegistry meters;
    private final FactDelivery delivery;

    ShardQueuedConsumer(ShardEncoder encoder, Inbox inbox, MeterRegistry meters) {
        this.encoder = encoder;
        this.meters = meters;
        this.delivery = new FactDelivery(inbox, Map.of("maru.shard.queued.v1", this::encode));
    }

    @Incoming("shard-queued")
    @Blocking(value = "shard-encoding", ordered = false)
    void on(ConsumerRecord<String, byte[]> record) {
        delivery.deliver(record);
    }

    private void encode(Fact fact) throws InvalidProtocolBufferException {
        String tokenShard = ShardQueued.parseFrom(fact.data()).getTokenShard();
        Timer.Sample timer = Timer.start(meters);
        encoder.encode(tokenShard).ifPresent(shard -> {
            timer.stop(meters.timer("maru_tokenization_shard_encoding"));
            meters.counter("maru_tokenization_encoded_tokens").increment((double) shard.tokens());
            meters.counter("maru_tokenization_encoded_text_bytes").increment((double) shard.textBytes());
        });
    }
}
