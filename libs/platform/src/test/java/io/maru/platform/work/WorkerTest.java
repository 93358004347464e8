package io.maru.platform.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.maru.platform.PlatformSchema;
import io.maru.platform.database.Database;
import io.maru.platform.error.CommonReason;
import io.maru.platform.testkit.Servers;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

@Timeout(60)
class WorkerTest {
    private static final String SCHEMA = "worker_test";
    private static final String KIND = "dig";
    private static final Duration LONG_LEASE = Duration.ofHours(1);
    /** The heartbeat goes four times as fast. */
    private static final Duration SHORT_LEASE = Duration.ofSeconds(2);

    private static PlatformSchema schema;
    private static Database database;

    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    @BeforeAll
    static void createSchema() throws SQLException {
        schema = PlatformSchema.create(SCHEMA);
        database = schema.database();
    }

    @AfterAll
    static void closePool() {
        schema.close();
    }

    @BeforeEach
    void clear() {
        schema.clear();
    }

    @Test
    void aRefusalFailsTheWorkWithItsReason() {
        offer("holes/a");
        WorkQueue queue = new WorkQueue(database, LONG_LEASE);
        try (Worker worker = started(queue, claim -> {
            throw CommonReason.OBJECT_CORRUPT.because("rock: granite (expected: soil)");
        })) {
            await().untilAsserted(() ->
                    assertThat(failures).containsExactly("holes/a OBJECT_CORRUPT rock: granite (expected: soil)"));
        }
        assertThat(works()).isEmpty();
    }

    @Test
    void whatItsOwnProcessOffersIsTakenUpBeforeTheNextLook() {
        WorkQueue queue = new WorkQueue(database, LONG_LEASE);
        AtomicInteger performed = new AtomicInteger();
        long anHour = Duration.ofHours(1).toMillis();
        try (Worker worker = new Worker(queue, KIND, anHour, new Worker.Work() {
            @Override
            public void perform(Claim claim) {
                queue.finish(claim);
                performed.incrementAndGet();
            }

            @Override
            public void fail(Claim claim, String reason, String message) {
                throw new AssertionError(reason);
            }
        })) {
            worker.start();
            for (int offered = 1; offered <= 3; offered++) {
                String name = "workspaces/w/holes/" + offered;
                database.run(sql -> queue.enqueue(sql, KIND, name));
                int expected = offered;
                await().untilAsserted(() -> assertThat(performed).hasValue(expected));
            }
        }
    }

    @Test
    void whatIsDownIsWaitedForWithoutEndAndNoSuchAttemptCounts() {
        offer("holes/a");
        WorkQueue queue = new WorkQueue(database, LONG_LEASE);
        int outages = 2 * Worker.MAX_ATTEMPTS;
        AtomicInteger performed = new AtomicInteger();
        try (Worker worker = started(queue, claim -> {
            int time = performed.incrementAndGet();
            if (time <= outages) {
                throw CommonReason.OBJECT_STORE_UNAVAILABLE.because("the shovel is at the smith's");
            }
            if (time == outages + 1) {
                throw new IllegalStateException("stumbled, once");
            }
            database.run(sql -> queue.finish(sql, claim));
        })) {
            await().untilAsserted(() -> {
                hasten();
                assertThat(works()).isEmpty();
            });
        }
        assertThat(performed).hasValue(outages + 2);
        assertThat(failures).isEmpty();
    }

    @Test
    void workThatKillsItsWorkerEachTimeFailsInTheEnd() {
        offer("holes/a");
        WorkQueue queue = new WorkQueue(database, LONG_LEASE);
        for (int death = 1; death <= Worker.MAX_DEATHS; death++) {
            // Who dies gives nothing back: the lease runs out.
            assertThat(queue.claim(KIND)).isPresent();
            database.run(sql -> sql.update("update work set expire_time = now() - interval '1 second'"));
        }
        AtomicInteger performed = new AtomicInteger();
        try (Worker worker = started(queue, claim -> performed.incrementAndGet())) {
            await().untilAsserted(() -> assertThat(failures).hasSize(1));
        }
        assertThat(failures.element()).startsWith("holes/a WORKER_DIED the process died 10 times");
        assertThat(performed).hasValue(0);
        assertThat(works()).isEmpty();
    }

    static List<Supplier<Throwable>> unexpected() {
        return List.of(
                () -> new IllegalStateException("the secret of the hole"),
                // What a missing native library throws: it must not end the worker unseen.
                () -> new UnsatisfiedLinkError("the secret of the hole"));
    }

    @ParameterizedTest
    @MethodSource("unexpected")
    void anythingElseFailsTheWorkAfterTheLastAttemptWithoutAWordAboutIt(Supplier<Throwable> unexpected) {
        offer("holes/a");
        WorkQueue queue = new WorkQueue(database, LONG_LEASE);
        Queue<Integer> attempts = new ConcurrentLinkedQueue<>();
        try (Worker worker = started(queue, claim -> {
            attempts.add(claim.attempt());
            Throwable thrown = unexpected.get();
            if (thrown instanceof Error error) {
                throw error;
            }
            throw (Exception) thrown;
        })) {
            await().untilAsserted(() -> {
                hasten();
                assertThat(failures).containsExactly("holes/a INTERNAL internal error; the service's log has it");
            });
        }
        assertThat(attempts).containsExactly(1, 2, 3, 4, 5).hasSize(Worker.MAX_ATTEMPTS);
        assertThat(works()).isEmpty();
    }

    @Test
    void theHeartbeatKeepsTheLease() throws Exception {
        offer("holes/a");
        WorkQueue queue = new WorkQueue(database, SHORT_LEASE);
        CompletableFuture<Boolean> prolonged = new CompletableFuture<>();
        try (Worker worker = started(queue, claim -> {
            Timestamp expiry = expiry(claim);
            await().until(() -> expiry(claim).after(expiry));
            prolonged.complete(true);
            database.run(sql -> queue.finish(sql, claim));
        })) {
            assertThat(prolonged.get(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aLostLeaseInterruptsTheWorkAndNothingIsWrittenAboutIt() {
        offer("holes/a");
        // This attempt is the last: were its exception taken for a failure, the work would be failed.
        database.run(sql -> sql.update("update work set attempts = ?", Worker.MAX_ATTEMPTS - 1));
        offer("holes/b");
        WorkQueue queue = new WorkQueue(database, SHORT_LEASE);
        Queue<String> performed = new ConcurrentLinkedQueue<>();
        try (Worker worker = started(queue, claim -> {
            performed.add(claim.name());
            if (claim.name().equals("holes/a")) {
                database.run(sql -> sql.update(
                        "update work set owner = 'thief', expire_time = now() + interval '1 hour' where name = ?",
                        claim.name()));
                awaitInterrupt();
                // As files and sockets say it.
                Thread.currentThread().interrupt();
                throw new UncheckedIOException(new ClosedByInterruptException());
            }
            database.run(sql -> queue.finish(sql, claim));
        })) {
            await().untilAsserted(() -> assertThat(works()).containsExactly("holes/a thief"));
        }
        assertThat(performed).containsExactly("holes/a", "holes/b");
        assertThat(failures).isEmpty();
    }

    @Test
    void closeGivesTheLeaseBackSoThatAnotherClaimsAtOnce() throws Exception {
        offer("holes/a");
        CountDownLatch begun = new CountDownLatch(1);
        Worker worker = started(new WorkQueue(database, LONG_LEASE), claim -> {
            begun.countDown();
            awaitInterrupt();
            throw new InterruptedException();
        });
        begun.await();
        WorkQueue another = new WorkQueue(database, LONG_LEASE);
        assertThat(another.claim(KIND)).isEmpty();

        worker.close();

        assertThat(another.claim(KIND)).map(Claim::attempt).contains(1);
        assertThat(failures).isEmpty();
    }

    /**
     * The heartbeat of the first piece is held up until the second is in hand. It then finds the first one's row gone, and
     * must not take that for a lease that the second has lost.
     */
    @Test
    void aHeartbeatThatComesLateDoesNotInterruptTheNextPiece() throws Exception {
        offer("holes/a");
        offer("holes/b");
        HeldUpHeartbeats source = new HeldUpHeartbeats();
        WorkQueue queue = new WorkQueue(new Database(source), SHORT_LEASE);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        try (Worker worker = started(queue, claim -> {
            if (claim.name().equals("holes/a")) {
                source.begun.await();
            } else {
                Timestamp expiry = expiry(claim);
                source.goOn.countDown();
                // One thread beats for both, so when the second's heartbeat is seen the first's has ended.
                while (!Thread.currentThread().isInterrupted() && !expiry(claim).after(expiry)) {
                    Thread.onSpinWait();
                }
                interrupted.complete(Thread.interrupted());
            }
            database.run(sql -> queue.finish(sql, claim));
        })) {
            assertThat(interrupted.get(30, TimeUnit.SECONDS)).isFalse();
        }
    }

    /** Connections of which a heartbeat gets none before it may go on. */
    private static final class HeldUpHeartbeats extends PGSimpleDataSource {
        private static final long serialVersionUID = 1;

        private final transient CountDownLatch begun = new CountDownLatch(1);
        private final transient CountDownLatch goOn = new CountDownLatch(1);

        HeldUpHeartbeats() {
            Servers servers = Servers.running();
            setUrl(servers.postgres(SCHEMA));
            setUser(servers.postgresUser());
            setPassword(servers.postgresPassword());
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (Thread.currentThread().getName().endsWith("-heartbeat")) {
                begun.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new SQLException(e);
                }
            }
            return super.getConnection();
        }
    }

    private interface Performance {
        void perform(Claim claim) throws Exception;
    }

    private Worker started(WorkQueue queue, Performance performance) {
        Worker worker = new Worker(queue, KIND, 10, new Worker.Work() {
            @Override
            public void perform(Claim claim) throws Exception {
                performance.perform(claim);
            }

            @Override
            public void fail(Claim claim, String reason, String message) {
                database.run(sql -> queue.finish(sql, claim));
                failures.add(claim.name() + " " + reason + " " + message);
            }
        });
        worker.start();
        return worker;
    }

    private static void offer(String name) {
        database.run(sql -> new WorkQueue(database, LONG_LEASE).enqueue(sql, KIND, name));
    }

    /** Ends all pauses, so that a test need not. */
    private static void hasten() {
        database.run(sql -> sql.update("update work set not_before = now() where not_before > now()"));
    }

    private static List<String> works() {
        return database.inTransaction(sql ->
                sql.list("select name, owner from work", row -> row.getString("name") + " " + row.getString("owner")));
    }

    private static Timestamp expiry(Claim claim) {
        return database.inTransaction(sql -> sql.first(
                        "select expire_time from work where name = ?", row -> row.getTimestamp(1), claim.name())
                .orElseThrow());
    }

    private static void awaitInterrupt() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            // It came.
        }
    }
}
