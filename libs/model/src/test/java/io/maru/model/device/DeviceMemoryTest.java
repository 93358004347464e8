package io.maru.model.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeviceMemoryTest {
    @Test
    void isThatOfTheDevicesOfOneType() {
        // TensorFlow has a fixed number for the CPU, which has no memory of its own.
        assertThat(DeviceMemory.min(DeviceOptions.allCores(), "CPU")).hasValue(256 << 20);
        assertThat(DeviceMemory.min(DeviceOptions.allCores(), "ABACUS")).isEmpty();
    }
}
