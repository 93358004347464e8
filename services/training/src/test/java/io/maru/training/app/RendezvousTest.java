package io.maru.training.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.model.cluster.Cluster;
import io.maru.platform.error.Faults;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RendezvousTest {
    private static final Duration LIMIT = Duration.ofSeconds(7);

    @Test
    void isOverWhenTheLastHasToldWhereItListens() throws Exception {
        Table seat = new Table(3);

        Cluster cluster = new Rendezvous("10.0.0.1", Duration.ofMinutes(1), LIMIT).await(seat);

        assertThat(seat.announced).matches("10\\.0\\.0\\.1:\\d+");
        assertThat(cluster).isEqualTo(new Cluster(List.of("other:1", seat.announced), 1, LIMIT));
    }

    @Test
    void isGivenUpForNowWhereSomebodyIsMissing() {
        Table seat = new Table(Integer.MAX_VALUE);

        assertThatThrownBy(() -> new Rendezvous("10.0.0.1", Duration.ofMillis(1), LIMIT).await(seat))
                .hasMessageContaining("not all workers came within 1 ms (expected: ")
                .satisfies(refusal -> assertThat(Faults.isTransient(refusal)).isTrue());
    }

    @Test
    void isGivenUpForNowWhereTheAttemptIsOver() {
        Table seat = new Table(Integer.MAX_VALUE);
        seat.wanted = false;

        assertThatThrownBy(() -> new Rendezvous("10.0.0.1", Duration.ofDays(1), LIMIT).await(seat))
                .satisfies(refusal -> assertThat(Faults.isTransient(refusal)).isTrue());
    }

    /** The second of two seats; the first is taken at some look. */
    private static final class Table implements Seat {
        private final int completeAt;
        private final AtomicInteger looks = new AtomicInteger();
        private String announced;
        private boolean wanted = true;

        Table(int completeAt) {
            this.completeAt = completeAt;
        }

        @Override
        public int rank() {
            return 1;
        }

        @Override
        public String setup() {
            return "{}";
        }

        @Override
        public void announce(String address) {
            announced = address;
        }

        @Override
        public Optional<List<String>> addresses() {
            return looks.incrementAndGet() < completeAt ? Optional.empty() : Optional.of(List.of("other:1", announced));
        }

        @Override
        public boolean isWanted() {
            return wanted;
        }
    }
}
