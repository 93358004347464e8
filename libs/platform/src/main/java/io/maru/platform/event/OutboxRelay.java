package io.maru.platform.event;

import io.maru.platform.database.Database;
import io.maru.platform.retry.Backoff;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jboss.logging.Logger;

/**
 * Carries facts from the outbox to Kafka, oldest first, at least once.
 *
 * <p>A row is deleted in the transaction that read it, after the broker has acknowledged its record. A crash between the
 * two sends the record again with the same id, and consumers do nothing the second time. With several replicas the row
 * locks let one relay at a time through, so facts of one resource keep their order.
 */
public final class OutboxRelay implements AutoCloseable {
    private static final Logger log = Logger.getLogger(OutboxRelay.class);
    private static final int BATCH = 200;
    private static final Duration MAX_FAREWELL = Duration.ofSeconds(5);
    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(5));

    private final Database database;
    private final Producer<String, byte[]> producer;
    private final String topic;
    private final String source;
    private final long pollMillis;
    private final Semaphore wake = new Semaphore(0);
    private final Thread thread;
    private volatile boolean closed;

    /** @param source the CloudEvents source of every fact, as in {@code /maru/ingestion} */
    public OutboxRelay(
            Database database, Producer<String, byte[]> producer, String topic, String source, long pollMillis) {
        this.database = database;
        this.producer = producer;
        this.topic = topic;
        this.source = source;
        this.pollMillis = pollMillis;
        this.thread = new Thread(this::run, "outbox-relay");
        thread.setDaemon(true);
    }

    public void start() {
        thread.start();
    }

    /** Looks into the outbox now rather than at the next poll. */
    public void wake() {
        wake.release();
    }

    private void run() {
        int failures = 0;
        while (!closed) {
            try {
                while (!closed && relay() == BATCH) {
                    // A full batch: more may wait.
                }
                failures = 0;
                wake.tryAcquire(pollMillis, TimeUnit.MILLISECONDS);
                wake.drainPermits();
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException | Error e) {
                if (!closed) {
                    log.warnf("the outbox waits: %s", e.getMessage());
                    failures++;
                    pause(failures);
                }
            }
        }
    }

    /** How many facts it carried. */
    int relay() {
        return database.inTransaction(sql -> {
            // A waiting row lock orders the relays of several replicas; skipping locked rows would let a later fact
            // overtake.
            List<Row> rows = sql.list(
                    "select seq, id, type, subject, run, time, data, traceparent from outbox order by seq limit "
                            + BATCH + " for update",
                    row -> new Row(
                            row.getLong("seq"),
                            new Fact(
                                    row.getString("id"),
                                    row.getString("type"),
                                    row.getString("subject"),
                                    row.getString("run"),
                                    row.getTimestamp("time").toInstant(),
                                    row.getBytes("data")),
                            row.getString("traceparent")));
            List<Future<RecordMetadata>> sent = new ArrayList<>(rows.size());
            for (Row row : rows) {
                Future<RecordMetadata> future =
                        producer.send(CloudEvents.toRecord(row.fact(), row.traceparent(), topic, source));
                if (future.isDone()) {
                    // Refused before it was sent, most likely: a later fact of its resource must not go first.
                    acknowledge(future);
                }
                sent.add(future);
            }
            for (int i = 0; i < rows.size(); i++) {
                acknowledge(sent.get(i));
                deleteRow(sql, rows.get(i));
            }
            return rows.size();
        });
    }

    private static void acknowledge(Future<RecordMetadata> sent) {
        try {
            sent.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "Kafka did not take a fact: " + e.getCause().getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("stopped while sending facts", e);
        }
    }

    private static void deleteRow(Database.Sql sql, Row row) throws SQLException {
        sql.update("delete from outbox where seq = ?", row.seq());
    }

    private void pause(int failures) {
        try {
            BACKOFF.sleep(failures);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        // What Kafka has not acknowledged by then is still in the outbox.
        producer.close(MAX_FAREWELL);
    }

    private record Row(long seq, Fact fact, String traceparent) {}
}
