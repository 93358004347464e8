package io.maru.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CheckpointConfigTest {
    @Test
    void hasTheseDefaults() {
        CheckpointConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(CheckpointConfig.class)
                .withDefaultValue("java.io.tmpdir", "/t")
                .build()
                .getConfigMapping(CheckpointConfig.class);

        assertThat(config.workDirectory()).isEqualTo(Path.of("/t/maru-checkpoint"));
        assertThat(config.maxModelBytes()).isEqualTo(64L << 30);
        assertThat(config.maxUploads()).isEqualTo(4);
        assertThat(config.maxExports()).isEqualTo(2);
        assertThat(config.maxSilenceMillis()).isEqualTo(60_000);
        assertThat(config.progressMillis()).isEqualTo(500);
        assertThat(config.tokenizationTimeoutMillis()).isEqualTo(120_000);
        assertThat(config.leftoverMillis()).isEqualTo(Duration.ofDays(1).toMillis());
        assertThat(config.scrubMillis()).isEqualTo(Duration.ofDays(7).toMillis());
        assertThat(config.scrubBytesPerSecond()).isEqualTo(16 << 20);
        assertThat(config.housekeepingMillis()).isEqualTo(Duration.ofMinutes(10).toMillis());
    }
}
