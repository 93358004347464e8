package io.maru.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.maru.cli.doctor.Check.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GpuTest {
    @TempDir
    Path folder;

    private Path driver;
    private Path libraries;
    private Path jars;

    @BeforeEach
    void lay() throws IOException {
        driver = Files.createDirectories(folder.resolve("nvidia"));
        libraries = Files.createDirectories(folder.resolve("lib"));
        jars = folder.resolve("jars");
    }

    @Test
    void aMachineWithoutADriverComputesOnItsCpu() {
        assertThat(checks())
                .containsExactly(new Check("GPU", Verdict.NOTE, "no NVIDIA driver; training runs on the CPU"));
    }

    @Test
    void namesTheCardsAndFindsWhatTensorFlowOpens() throws IOException {
        card("0000:01:00.0", "NVIDIA H100 80GB HBM3");
        card("0000:02:00.0", "NVIDIA H200");
        for (String library : Gpu.CUDA_LIBRARIES) {
            Files.createFile(libraries.resolve(library));
        }
        Files.createDirectories(jars);
        Files.createFile(jars.resolve("org.tensorflow.tensorflow-core-native-1.1.0-linux-x86_64-gpu.jar"));
        assertThat(checks())
                .extracting(Check::subject, Check::verdict)
                .containsExactly(tuple("GPU", Verdict.OK), tuple("natives", Verdict.OK), tuple("CUDA", Verdict.OK));
        assertThat(checks().get(0).found()).isEqualTo("NVIDIA H100 80GB HBM3, NVIDIA H200");
    }

    @Test
    void tellsWhyAGpuWouldLieIdle() throws IOException {
        card("0000:01:00.0", "NVIDIA H100 80GB HBM3");
        assertThat(found("natives")).startsWith("nothing is built yet");

        Files.createDirectories(jars);
        Files.createFile(jars.resolve("org.tensorflow.tensorflow-core-native-1.1.0-linux-x86_64.jar"));
        Files.createFile(libraries.resolve("libcudart.so.12"));
        assertThat(found("natives")).startsWith("training is built for CPUs").contains("-Pgpu");
        assertThat(found("CUDA")).startsWith("missing: libcublas.so.12, ").doesNotContain("libcudart");
    }

    private String found(String subject) {
        return checks().stream()
                .filter(check -> check.subject().equals(subject) && check.verdict() == Verdict.NOTE)
                .map(Check::found)
                .findFirst()
                .orElse("");
    }

    private List<Check> checks() {
        return new Gpu(driver, List.of(folder, libraries), jars).checks();
    }

    private void card(String place, String model) throws IOException {
        Files.writeString(driver.resolve("version"), "NVRM version: NVIDIA UNIX x86_64 Kernel Module");
        Path card = Files.createDirectories(driver.resolve("gpus").resolve(place));
        Files.writeString(card.resolve("information"), "Model: \t\t " + model + "\nIRQ:   \t\t 11\n");
    }
}
