package io.maru.platform.testkit;

import io.maru.platform.event.CloudEvents;
import io.maru.platform.event.Fact;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * One topic as a test sees it: everything that was ever published there, and a way to publish more. Topics live as long
 * as the test JVM, so tests tell their facts from others' by subject. For one thread.
 */
public final class Facts implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final String SOURCE = "/maru/test";

    private final String topic;
    private final Consumer<String, byte[]> consumer;
    private final Producer<String, byte[]> producer;
    private final List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();

    private Facts(String topic, String bootstrapServers) {
        this.topic = topic;
        consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers), new StringDeserializer(), new ByteArrayDeserializer());
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrapServers), new StringSerializer(), new ByteArraySerializer());
        // Assigned rather than subscribed: no group, no rebalance, no offsets that one test leaves to the next.
        List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    /** The facts on {@code topic} of {@link Servers#running}, from the first one on. */
    public static Facts on(String topic) {
        return new Facts(topic, Servers.running().kafka());
    }

    /** Publishes {@code fact} as a service would; returns when Kafka has it. */
    public void publish(Fact fact) {
        publish(CloudEvents.toRecord(fact, topic, SOURCE));
    }

    /** Publishes any record, also one that is no fact; returns when Kafka has it. */
    public void publish(ProducerRecord<String, byte[]> record) {
        try {
            producer.send(record).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Waits for a fact that is {@code wanted}. Throws {@link AssertionError} where none comes in time. */
    public Fact await(Predicate<Fact> wanted) {
        return await(1, wanted).get(0);
    }

    /** Waits until at least {@code count} facts are {@code wanted}; returns all that are by then, oldest first per key. */
    public List<Fact> await(int count, Predicate<Fact> wanted) {
        return awaitRecords(count, record -> wanted.test(CloudEvents.fromRecord(record))).stream()
                .map(CloudEvents::fromRecord)
                .toList();
    }

    /** As {@link #await(int, Predicate)}, for records that need not be facts, such as dead letters. */
    public List<ConsumerRecord<String, byte[]>> awaitRecords(
            int count, Predicate<ConsumerRecord<String, byte[]>> wanted) {
        Instant deadline = Instant.now().plus(PATIENCE);
        List<ConsumerRecord<String, byte[]>> found = matching(wanted);
        while (found.size() < count) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError(String.format(
                        Locale.ROOT,
                        "%s: %d records of %d match after %s (expected: %d)",
                        topic,
                        found.size(),
                        records.size(),
                        PATIENCE,
                        count));
            }
            poll();
            found = matching(wanted);
        }
        return found;
    }

    /** Every fact that Kafka holds at the time of the call. */
    public List<Fact> all() {
        Map<TopicPartition, Long> ends = consumer.endOffsets(consumer.assignment());
        while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            poll();
        }
        return records.stream().map(CloudEvents::fromRecord).toList();
    }

    private void poll() {
        consumer.poll(POLL).forEach(records::add);
    }

    private List<ConsumerRecord<String, byte[]>> matching(Predicate<ConsumerRecord<String, byte[]>> wanted) {
        return records.stream().filter(wanted).toList();
    }

    @Override
    public void close() {
        consumer.close();
        producer.close();
    }
}
