package io.maru.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class InferenceConfigTest {
    @Test
    void hasTheseDefaults() {
        InferenceConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(InferenceConfig.class)
                .withDefaultValue("java.io.tmpdir", "/t")
                .build()
                .getConfigMapping(InferenceConfig.class);

        assertThat(config.workDirectory()).isEqualTo(Path.of("/t/maru-inference"));
        assertThat(config.cachedModels()).isEqualTo(8);
        assertThat(config.maxModels()).isEqualTo(2);
        assertThat(config.slots()).isEqualTo(2);
        assertThat(config.waiting()).isEqualTo(64);
        assertThat(config.readerTimeoutMillis()).isEqualTo(30_000);
        assertThat(config.checkpointTimeoutMillis()).isEqualTo(10_000);
        assertThat(config.intraOpThreads()).isZero();
        assertThat(config.interOpThreads()).isZero();
    }
}
