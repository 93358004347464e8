package io.maru.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ControlConfigTest {
    @Test
    void hasTheseDefaults() {
        ControlConfig config = read(Map.of());

        assertThat(config.conductors()).isEqualTo(4);
        assertThat(config.pollMillis()).isEqualTo(500);
        assertThat(config.callMillis()).isEqualTo(10_000);
        assertThat(config.longCallMillis()).isEqualTo(600_000);
        assertThat(config.maxOpenRuns()).isEqualTo(1_000);
    }

    @Test
    void readsTheseKeys() {
        ControlConfig config = read(Map.of(
                "maru.control.conductors", "1",
                "maru.control.poll-millis", "2",
                "maru.control.call-millis", "3",
                "maru.control.long-call-millis", "4",
                "maru.control.max-open-runs", "5"));

        assertThat(config.conductors()).isEqualTo(1);
        assertThat(config.pollMillis()).isEqualTo(2);
        assertThat(config.callMillis()).isEqualTo(3);
        assertThat(config.longCallMillis()).isEqualTo(4);
        assertThat(config.maxOpenRuns()).isEqualTo(5);
    }

    private static ControlConfig read(Map<String, String> values) {
        return new SmallRyeConfigBuilder()
                .withMapping(ControlConfig.class)
                .withDefaultValues(values)
                .build()
                .getConfigMapping(ControlConfig.class);
    }
}
