package io.maru.platform.wiring;

import io.agroal.api.AgroalDataSource;
import io.maru.platform.database.Database;
import io.maru.platform.event.Inbox;
import io.maru.platform.event.InboxPurge;
import io.maru.platform.event.Outbox;
import io.maru.platform.event.OutboxRelay;
import io.maru.platform.store.ObjectStore;
import io.maru.platform.work.WorkQueue;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The objects of platform, made once for each service. */
@ApplicationScoped
public class PlatformWiring {

    @Produces
    @Singleton
    Database database(AgroalDataSource source) {
        return new Database(source);
    }

    @Produces
    @Singleton
    WorkQueue workQueue(Database database, PlatformConfig config) {
        return new WorkQueue(database, Duration.ofMillis(config.work().leaseMillis()));
    }

    @Produces
    @Singleton
    Inbox inbox(Database database) {
        return new Inbox(database);
    }

    @Produces
    @Singleton
    Outbox outbox(OutboxRelay relay) {
        return new Outbox(relay::wake);
    }

    @Produces
    @Singleton
    OutboxRelay outboxRelay(
            Database database,
            PlatformConfig config,
            @ConfigProperty(name = "quarkus.application.name") String application,
            @ConfigProperty(name = "kafka.bootstrap.servers") String brokers) {
        // maru-training speaks on maru.training.v1 as /maru/training.
        String service = application.substring(application.indexOf('-') + 1);
        KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        brokers,
                        ProducerConfig.CLIENT_ID_CONFIG,
                        application + "-outbox",
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.LINGER_MS_CONFIG,
                        0,
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        10_000,
                        ProducerConfig.BUFFER_MEMORY_CONFIG,
                        8L << 20),
                new StringSerializer(),
                new ByteArraySerializer());
        return new OutboxRelay(
                database,
                producer,
                "maru." + service + ".v1",
                "/maru/" + service,
                config.outbox().pollMillis());
    }

    void startRelay(@Observes StartupEvent event, OutboxRelay relay) {
        relay.start();
    }

    void startPurge(@Observes StartupEvent event, InboxPurge purge) {
        purge.start();
    }

    @Produces
    @Singleton
    InboxPurge inboxPurge(Inbox inbox, PlatformConfig config) {
        return new InboxPurge(inbox, Duration.ofDays(config.inbox().retentionDays()));
    }

    void stopPurge(@Disposes InboxPurge purge) {
        purge.close();
    }

    void stopRelay(@Disposes OutboxRelay relay) {
        relay.close();
    }

    @Produces
    @Singleton
    ObjectStore objectStore(PlatformConfig config) {
        PlatformConfig.ObjectStore store = config.objectStore();
        String secretKey = store.secretKey()
                .orElseThrow(() -> new IllegalStateException(
                        "maru.object-store.secret-key: not set (expected: the store's secret)"));
        return ObjectStore.at(store.endpoint(), store.accessKey(), secretKey, store.bucket());
    }
}
