package io.maru.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class EvaluationConfigTest {
    @Test
    void hasTheseDefaults() {
        EvaluationConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(EvaluationConfig.class)
                .withDefaultValue("java.io.tmpdir", "/t")
                .build()
                .getConfigMapping(EvaluationConfig.class);

        assertThat(config.workDirectory()).isEqualTo(Path.of("/t/maru-evaluation"));
        assertThat(config.workers()).isEqualTo(2);
        assertThat(config.batchTokens()).isEqualTo(4096);
        assertThat(config.loadTimeoutMillis()).isEqualTo(600_000);
        assertThat(config.scoreTimeoutMillis()).isEqualTo(120_000);
        assertThat(config.watchMillis()).isEqualTo(500);
    }
}
