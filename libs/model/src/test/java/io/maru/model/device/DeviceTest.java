package io.maru.model.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.maru.model.TestModels;
import io.maru.model.kernel.Compilation;
import io.maru.model.training.TrainingOptions;
import java.io.IOException;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class DeviceTest {
    @Test
    void theCpuIsAlwaysThere() {
        assertThat(Device.of(TestModels.TWO_THREADS))
                .filteredOn(device -> !device.isGpu())
                .extracting(Device::name, Device::type)
                .contains(tuple("CPU:0", "CPU"));
    }

    /** In a process of its own, since what JavaCPP reads when it is loaded stays. */
    @Test
    void aModelMayBeManyTimesLargerThanTheHeap() throws IOException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx16m",
                        "-classpath",
                        System.getProperty("java.class.path"),
                        Limits.class.getName())
                .redirectErrorStream(true)
                .start();
        assertThat(process.inputReader().lines()).contains("0 0");
    }

    static final class Limits {
        private Limits() {}

        public static void main(String[] args) {
            DeviceOptions.allCores();
            System.out.println(Pointer.maxBytes() + " " + Pointer.maxPhysicalBytes());
        }
    }

    @Test
    void askingLeaksNothing() {
        Device.of(TestModels.TWO_THREADS);
        long before = Pointer.totalCount();
        for (int i = 0; i < 10; i++) {
            Device.of(TestModels.TWO_THREADS);
        }
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    @Test
    void xlaCompilesOnAGpuOnlyWhereItIsAskedTo() {
        assertThat(TrainingOptions.usual().compilation().applies(/* gpu= */ false))
                .isTrue();
        assertThat(TrainingOptions.usual().compilation().applies(/* gpu= */ true))
                .isFalse();
        assertThat(Compilation.EVERYWHERE.applies(/* gpu= */ true)).isTrue();
        assertThat(Compilation.NONE.applies(/* gpu= */ false)).isFalse();
    }
}
