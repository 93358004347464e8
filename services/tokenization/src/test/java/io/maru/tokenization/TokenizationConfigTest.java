package io.maru.tokenization;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TokenizationConfigTest {
    @Test
    void hasTheseDefaults() {
        TokenizationConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(TokenizationConfig.class)
                .withDefaultValue("java.io.tmpdir", "/t")
                .build()
                .getConfigMapping(TokenizationConfig.class);

        assertThat(config.workDirectory()).isEqualTo(Path.of("/t/maru-tokenization"));
        assertThat(config.cachedTokenizers()).isEqualTo(3);
        assertThat(config.checkMillis()).isEqualTo(500);
        assertThat(config.shardWorkers()).isEqualTo(2);
        assertThat(config.countingBytes()).isEqualTo(64 << 20);
        assertThat(config.learningBytes()).isEqualTo(192 << 20);
        assertThat(config.importIdleMillis()).isEqualTo(60_000);
        assertThat(config.watchMillis()).isEqualTo(250);
    }
}
