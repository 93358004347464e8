package io.maru.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.smallrye.mutiny.Multi;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WatchTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration OFTEN = Duration.ofMillis(1);
    private static final Duration NEVER = Duration.ofHours(1);
    private static final long END = 9;

    @Test
    void tellsWhatTheCallerHasNotSeenThenEachChangeUntilTheEnd() {
        Queue<List<Long>> table = new ConcurrentLinkedQueue<>(
                List.of(List.of(3L, 4L), List.of(), List.of(5L), List.of(), List.of(7L, END, 10L), List.of(11L)));
        List<Long> asked = new CopyOnWriteArrayList<>();

        List<Long> told = told(Watch.stream(
                2,
                OFTEN,
                after -> {
                    asked.add(after);
                    return table.remove();
                },
                Long::longValue,
                sequence -> sequence == END));

        assertThat(told).containsExactly(3L, 4L, 5L, 7L, END);
        assertThat(asked).containsExactly(2L, 4L, 4L, 5L, 5L);
    }

    @Test
    void theFirstLookIsNow() {
        List<Long> told =
                told(Watch.stream(0, NEVER, after -> List.of(1L, END), Long::longValue, sequence -> sequence == END));

        assertThat(told).containsExactly(1L, END);
    }

    @Test
    void whatIsThereComesBeforeTheNextLook() {
        Multi<Long> watch = Watch.stream(0, NEVER, after -> List.of(1L, 2L), Long::longValue, sequence -> false);

        assertThat(told(watch.select().first(2))).containsExactly(1L, 2L);
    }

    @Test
    void aRefusalEndsTheStream() {
        Multi<Long> watch = Watch.stream(
                0,
                OFTEN,
                after -> {
                    throw CommonReason.INVALID_NAME.because("no such thing");
                },
                Long::longValue,
                sequence -> false);

        assertThatThrownBy(() -> told(watch)).isInstanceOf(Refusal.class).hasMessage("no such thing");
    }

    @Test
    void aResourceIsToldOncePerRevision() {
        Queue<Long> revisions = new ConcurrentLinkedQueue<>(List.of(1L, 1L, 2L, 2L, 5L, END));

        assertThat(told(resource(0, revisions::remove))).containsExactly(1L, 2L, 5L, END);
    }

    @Test
    void aRevisionThatTheCallerHasSeenIsNotToldAgainUnlessItIsTheLast() {
        Queue<Long> revisions = new ConcurrentLinkedQueue<>(List.of(4L, 4L, END));

        assertThat(told(resource(4, revisions::remove))).containsExactly(END);
        assertThat(told(resource(END, () -> END))).containsExactly(END);
    }

    private static Multi<Long> resource(long after, Supplier<Long> read) {
        return Watch.resource(after, OFTEN, read, Long::longValue, revision -> revision == END);
    }

    private static List<Long> told(Multi<Long> watch) {
        return watch.collect().asList().await().atMost(PATIENCE);
    }
}
