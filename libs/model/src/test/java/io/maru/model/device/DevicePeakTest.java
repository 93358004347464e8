package io.maru.model.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.model.kernel.Precision;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DevicePeakTest {
    @Test
    void isMeasuredOnceForEachPrecision() {
        DeviceOptions device = DeviceOptions.allCores();

        double wide = DevicePeak.flopsPerSecond(Precision.FLOAT32, device);
        double narrow = DevicePeak.flopsPerSecond(Precision.BFLOAT16, device);

        // One core of any x86 of this century reaches 1 GFLOP/s, and no device 1 EFLOP/s.
        assertThat(wide).isBetween(1e9, 1e18);
        assertThat(narrow).isBetween(1e9, 1e18).isNotEqualTo(wide);
        long began = System.nanoTime();
        assertThat(DevicePeak.flopsPerSecond(Precision.FLOAT32, device)).isEqualTo(wide);
        // The same cores, taken for two devices, are no more than they are.
        assertThat(DevicePeak.flopsPerSecond(Precision.FLOAT32, device.withDevices(2)))
                .isEqualTo(wide);
        assertThat(System.nanoTime() - began).isLessThan(TimeUnit.MILLISECONDS.toNanos(100));
        System.out.printf("peak: float32 %.0f, bfloat16 %.0f GFLOP/s%n", wide / 1e9, narrow / 1e9);
    }
}
