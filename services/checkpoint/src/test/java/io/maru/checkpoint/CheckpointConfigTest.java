package io.maru.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CheckpointConfigTest {
    @Test
    void hasTheseDefaults() {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(CheckpointConfig.class)
                .withDefaultValue("java.io.tmpdir", "/t")
                .build();

        assertThat(config.getConfigMapping(CheckpointConfig.class).workDirectory())
                .isEqualTo(Path.of("/t/maru-checkpoint"));
    }
}
