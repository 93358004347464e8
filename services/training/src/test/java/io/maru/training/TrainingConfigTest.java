package io.maru.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TrainingConfigTest {
    @Test
    void hasTheseDefaults() {
        TrainingConfig config = new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withMapping(TrainingConfig.class)
                .withDefaultValue("java.io.tmpdir", "/t")
                .build()
                .getConfigMapping(TrainingConfig.class);

        assertThat(config.workDirectory()).isEqualTo(Path.of("/t/maru-training"));
        assertThat(config.threads()).isZero();
        assertThat(config.interOpThreads()).isZero();
        assertThat(config.reportMillis()).isEqualTo(500);
        assertThat(config.leads()).isTrue();
        assertThat(config.seats()).isOne();
        assertThat(config.workerHost()).isEqualTo("127.0.0.1");
        assertThat(config.rendezvousMillis()).isEqualTo(30_000);
        assertThat(config.workerLimitMillis()).isEqualTo(120_000);
        assertThat(config.registrationMillis()).isEqualTo(600_000);
        assertThat(config.maxParameters()).isEqualTo(2_000_000_000L);
        assertThat(config.maxStepTokens()).isEqualTo(1_048_576);
        assertThat(config.maxStepLogits()).isEqualTo(2_147_483_648L);
        assertThat(config.maxStepScores()).isEqualTo(2_147_483_648L);
        assertThat(config.memoryBytes()).isZero();
        assertThat(config.trialSeconds()).isEqualTo(600);
    }
}
