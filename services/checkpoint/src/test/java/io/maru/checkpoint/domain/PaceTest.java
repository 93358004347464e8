package io.maru.checkpoint.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PaceTest {
    @Test
    void waitsForWhatIsAheadOfItsTimeAndForNothingElse() {
        Pace pace = new Pace(1_000);

        assertThat(pace.pause(0, 0)).isZero();
        assertThat(pace.pause(500, 0)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(500));
        assertThat(pace.pause(500, TimeUnit.MILLISECONDS.toNanos(400))).isEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
        assertThat(pace.pause(500, TimeUnit.SECONDS.toNanos(9))).isZero();
        // Of a file of 64 GiB at one byte a second.
        assertThat(new Pace(1).pause(1L << 36, 0)).isPositive();
    }
}
