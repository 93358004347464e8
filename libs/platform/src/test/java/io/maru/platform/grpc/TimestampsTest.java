package io.maru.platform.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class TimestampsTest {
    @Test
    void aTimeComesBackToTheNanosecond() {
        Instant time = Instant.parse("2026-01-02T03:04:05.678901234Z");

        assertThat(Timestamps.toProto(time).getSeconds()).isEqualTo(1767323045L);
        assertThat(Timestamps.toInstant(Timestamps.toProto(time))).isEqualTo(time);
    }
}
