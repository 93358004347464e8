package io.maru.platform.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.PlatformSchema;
import io.maru.platform.database.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WorkQueueTest {
    private static final Duration LEASE = Duration.ofHours(1);

    private static PlatformSchema schema;
    private static Database database;

    private final WorkQueue ours = new WorkQueue(database, LEASE);
    private final WorkQueue theirs = new WorkQueue(database, LEASE);

    @BeforeAll
    static void createSchema() throws SQLException {
        schema = PlatformSchema.create("work_queue_test");
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
    void ofManyWhoClaimAtOnceEachPieceGoesToOne() throws Exception {
        List<String> offered =
                IntStream.range(0, 100).mapToObj(i -> "corpora/" + i).toList();
        database.run(sql -> {
            for (String name : offered) {
                ours.enqueue(sql, "corpus", name);
            }
        });

        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<String> claimed = new ArrayList<>();
        try {
            List<Callable<List<String>>> claimants =
                    List.of(claimAll(ours), claimAll(theirs), claimAll(ours), claimAll(theirs));
            for (Future<List<String>> claims : threads.invokeAll(claimants)) {
                claimed.addAll(claims.get());
            }
        } finally {
            threads.shutdownNow();
        }

        // Who meets a locked row looks for another, so a few pieces may be left to a later look.
        claimed.addAll(claimAll(ours).call());
        assertThat(claimed).containsExactlyInAnyOrderElementsOf(offered);
    }

    @Test
    void anExpiredLeaseIsTakenByAnotherAndTheFirstCannotWriteAnyMore() {
        enqueue("corpora/a");
        Claim first = ours.claim("corpus").orElseThrow();
        assertThat(theirs.claim("corpus")).isEmpty();

        expire("corpora/a");
        Claim second = theirs.claim("corpus").orElseThrow();

        assertThat(second.attempt()).isEqualTo(2);
        assertThat(ours.heartbeat(first)).isFalse();
        assertThatThrownBy(() -> database.run(sql -> {
                    sql.update("insert into inbox (id) values ('outcome')");
                    ours.finish(sql, first);
                }))
                .isInstanceOf(LeaseLostException.class)
                .hasMessageContaining("corpora/a");
        assertThatThrownBy(() -> database.run(sql -> {
                    sql.update("insert into inbox (id) values ('progress')");
                    ours.hold(sql, first);
                }))
                .isInstanceOf(LeaseLostException.class);
        assertThat(strings("select id from inbox")).isEmpty();

        database.run(sql -> {
            theirs.hold(sql, second);
            theirs.finish(sql, second);
        });
        assertThat(strings("select name from work")).isEmpty();
    }

    @Test
    void twoThreadsOfOneProcessAreFencedFromEachOtherToo() {
        enqueue("corpora/a");
        Claim first = ours.claim("corpus").orElseThrow();
        expire("corpora/a");
        Claim second = ours.claim("corpus").orElseThrow();

        assertThat(ours.heartbeat(first)).isFalse();
        assertThatThrownBy(() -> database.run(sql -> ours.finish(sql, first))).isInstanceOf(LeaseLostException.class);
        assertThat(ours.heartbeat(second)).isTrue();
    }

    @Test
    void aHeartbeatMakesTheLeaseLonger() {
        enqueue("corpora/a");
        Claim claim = ours.claim("corpus").orElseThrow();
        expire("corpora/a");

        assertThat(ours.heartbeat(claim)).isTrue();

        assertThat(theirs.claim("corpus")).isEmpty();
        assertThat(strings("select name from work where expire_time between now() + interval '59 minutes'"
                        + " and now() + interval '1 hour'"))
                .containsExactly("corpora/a");
    }

    @Test
    void releasedWorkWaitsForItsDelayAndTheAttemptDoesNotCount() {
        enqueue("corpora/a");
        ours.release(ours.claim("corpus").orElseThrow(), Duration.ofHours(1));
        assertThat(theirs.claim("corpus")).isEmpty();
        assertThat(strings("select name from work where not_before > now() + interval '59 minutes'"))
                .containsExactly("corpora/a");

        database.run(sql -> sql.update("update work set not_before = now()"));
        assertThat(theirs.claim("corpus")).map(Claim::attempt).contains(1);
    }

    @Test
    void retriedWorkCountsItsAttempts() {
        enqueue("corpora/a");
        ours.retry(ours.claim("corpus").orElseThrow(), Duration.ZERO);

        assertThat(theirs.claim("corpus")).map(Claim::attempt).contains(2);
    }

    @Test
    void attemptsBeforeAnAdvanceDoNotCount() {
        enqueue("corpora/a");
        for (int attempt = 1; attempt <= 3; attempt++) {
            Claim claim = ours.claim("corpus").orElseThrow();
            assertThat(claim.attempt()).isEqualTo(attempt);
            expire("corpora/a");
        }
        Claim fourth = ours.claim("corpus").orElseThrow();
        database.run(sql -> ours.advanced(sql, fourth));
        expire("corpora/a");

        assertThat(ours.claim("corpus").orElseThrow().attempt()).isEqualTo(2);
    }

    @Test
    void whoLostTheLeaseReleasesNothing() {
        enqueue("corpora/a");
        Claim first = ours.claim("corpus").orElseThrow();
        expire("corpora/a");
        Claim second = theirs.claim("corpus").orElseThrow();

        ours.release(first, Duration.ZERO);

        assertThat(ours.claim("corpus")).isEmpty();
        assertThat(theirs.heartbeat(second)).isTrue();
    }

    @Test
    void theOldestOfAKindComesFirst() {
        for (String name : List.of("corpora/b", "corpora/c", "corpora/a")) {
            enqueue(name);
        }
        database.run(sql -> {
            ours.enqueue(sql, "dataset", "datasets/a");
            sql.update("update work set not_before = now() - interval '1 day' where name = 'corpora/c'");
            sql.update("update work set not_before = now() - interval '2 days' where name = 'datasets/a'");
        });

        assertThat(List.of(claimed(), claimed(), claimed())).containsExactly("corpora/c", "corpora/b", "corpora/a");
        assertThat(ours.claim("corpus")).isEmpty();
    }

    @Test
    void tenThousandPiecesOfOneWorkspaceKeepAnothersSinglePieceWaitingForOneClaim() {
        database.run(sql -> {
            for (int i = 0; i < 10_000; i++) {
                ours.enqueue(sql, "corpus", "workspaces/alice/corpora/" + i, 10);
            }
        });
        assertThat(claimed()).startsWith("workspaces/alice/");
        database.run(sql -> ours.enqueue(sql, "corpus", "workspaces/bob/corpora/a"));

        assertThat(claimed()).isEqualTo("workspaces/bob/corpora/a");
        assertThat(claimed()).startsWith("workspaces/alice/");
    }

    @Test
    void workspacesTakeTurns() {
        database.run(sql -> {
            for (String name : List.of("c/corpora/1", "a/corpora/1", "a/corpora/2", "a/corpora/3", "b/corpora/1")) {
                ours.enqueue(sql, "corpus", "workspaces/" + name);
            }
        });

        List<String> order = List.of(claimed(), claimed(), claimed(), claimed(), claimed());

        assertThat(order.subList(0, 3))
                .containsExactlyInAnyOrder(
                        "workspaces/a/corpora/1", "workspaces/b/corpora/1", "workspaces/c/corpora/1");
        assertThat(order.subList(3, 5)).containsExactly("workspaces/a/corpora/2", "workspaces/a/corpora/3");
    }

    @Test
    void withinAWorkspaceAHigherPriorityComesFirst() {
        database.run(sql -> {
            ours.enqueue(sql, "corpus", "corpora/later", -1);
            ours.enqueue(sql, "corpus", "corpora/usual", 0);
            ours.enqueue(sql, "corpus", "corpora/usual-too");
            ours.enqueue(sql, "corpus", "corpora/soon", 10);
        });

        assertThat(List.of(claimed(), claimed(), claimed(), claimed()))
                .containsExactly("corpora/soon", "corpora/usual", "corpora/usual-too", "corpora/later");
    }

    @Test
    void workThatWaitsForItsTimeDoesNotHoldUpALowerPriority() {
        database.run(sql -> ours.enqueue(sql, "corpus", "corpora/soon", 10));
        ours.release(ours.claim("corpus").orElseThrow(), Duration.ofHours(1));
        database.run(sql -> ours.enqueue(sql, "corpus", "corpora/usual", 0));

        assertThat(claimed()).isEqualTo("corpora/usual");
    }

    @Test
    void anOfferIsTakenBackUnlessSomebodyHoldsIt() {
        enqueue("corpora/a");
        enqueue("corpora/b");
        String held = claimed();
        String free = held.equals("corpora/a") ? "corpora/b" : "corpora/a";

        database.run(sql -> {
            assertThat(ours.isHeld(sql, held)).isTrue();
            assertThat(ours.isHeld(sql, free)).isFalse();
            assertThat(ours.isHeld(sql, "corpora/none")).isFalse();
            assertThat(ours.withdrawUnheld(sql, "corpus", held)).isFalse();
            assertThat(ours.withdrawUnheld(sql, "dataset", free)).isFalse();
            assertThat(ours.withdrawUnheld(sql, "corpus", free)).isTrue();
        });
        assertThat(strings("select name from work")).containsExactly(held);

        expire(held);
        database.run(sql -> assertThat(ours.isHeld(sql, held)).isFalse());
    }

    @Test
    void whoeverHoldsWithdrawnWorkHasLostIt() {
        enqueue("corpora/a");
        Claim claim = ours.claim("corpus").orElseThrow();

        database.run(sql -> ours.withdraw(sql, "corpus", "corpora/a"));

        assertThat(ours.heartbeat(claim)).isFalse();
        assertThatThrownBy(() -> ours.finish(claim)).isInstanceOf(LeaseLostException.class);
    }

    @Test
    void workThatIsPutOffForgetsItsAttemptsAndCanBeWoken() {
        enqueue("corpora/a");
        ours.retry(ours.claim("corpus").orElseThrow(), Duration.ZERO);
        ours.postpone(ours.claim("corpus").orElseThrow(), Duration.ofHours(1));
        assertThat(ours.claim("corpus")).isEmpty();

        ours.wakeNow("corpora/a");

        assertThat(ours.claim("corpus").orElseThrow().attempt()).isEqualTo(1);
    }

    @Test
    void workThatIsOfferedTwiceIsThereOnce() {
        enqueue("corpora/a");
        enqueue("corpora/a");

        assertThat(strings("select name from work")).containsExactly("corpora/a");
    }

    private static Callable<List<String>> claimAll(WorkQueue queue) {
        return () -> {
            List<String> names = new ArrayList<>();
            for (Optional<Claim> claim = queue.claim("corpus"); claim.isPresent(); claim = queue.claim("corpus")) {
                names.add(claim.get().name());
            }
            return names;
        };
    }

    private String claimed() {
        return ours.claim("corpus").orElseThrow().name();
    }

    private void enqueue(String name) {
        database.run(sql -> ours.enqueue(sql, "corpus", name));
    }

    private static void expire(String name) {
        database.run(
                sql -> sql.update("update work set expire_time = now() - interval '1 second' where name = ?", name));
    }

    private static List<String> strings(String query) {
        return database.inTransaction(sql -> sql.list(query, row -> row.getString(1)));
    }
}
