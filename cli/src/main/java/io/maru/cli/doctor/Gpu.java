package io.maru.cli.doctor;

import io.maru.cli.doctor.Check.Verdict;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether training will compute on a GPU: its driver, the libraries that TensorFlow opens, and what was built.
 *
 * @param driver where NVIDIA's driver tells of itself
 * @param libraryFolders where the dynamic linker looks
 * @param trainingJars of the packaged service
 */
record Gpu(Path driver, List<Path> libraryFolders, Path trainingJars) {
    /** What TensorFlow's GPU natives open at start; if one is missing they register no GPU and compute on the CPU. */
    static final List<String> CUDA_LIBRARIES = List.of(
            "libcudart.so.12",
            "libcublas.so.12",
            "libcublasLt.so.12",
            "libcufft.so.11",
            "libcusolver.so.11",
            "libcusparse.so.12",
            "libcudnn.so.9");

    static Gpu of(Path root) {
        return new Gpu(
                Path.of("/proc/driver/nvidia"),
                systemFolders(),
                root.resolve("services/training/target/quarkus-app/lib/main"));
    }

    List<Check> checks() {
        if (!Files.exists(driver.resolve("version"))) {
            return List.of(new Check("GPU", Verdict.NOTE, "no NVIDIA driver; training runs on the CPU"));
        }
        return List.of(new Check("GPU", Verdict.OK, models()), natives(), cuda());
    }

    /** As in {@code NVIDIA H100 80GB HBM3}, one for each card. */
    private String models() {
        Path cards = driver.resolve("gpus");
        if (!Files.isDirectory(cards)) {
            return "NVIDIA driver loaded";
        }
        try (Stream<Path> folders = Files.list(cards)) {
            List<String> models = new ArrayList<>();
            for (Path folder : folders.sorted().toList()) {
                Files.readAllLines(folder.resolve("information")).stream()
                        .filter(line -> line.startsWith("Model:"))
                        .map(line -> line.substring("Model:".length()).strip())
                        .forEach(models::add);
            }
            return String.join(", ", models);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Check natives() {
        String subject = "natives";
        if (!Files.isDirectory(trainingJars)) {
            return new Check(
                    subject, Verdict.NOTE, "nothing is built yet (expected: ./mvnw -DskipTests package -Pgpu)");
        }
        try (Stream<Path> jars = Files.list(trainingJars)) {
            return jars.anyMatch(jar -> jar.getFileName().toString().matches(".*tensorflow-core-native.*-gpu\\.jar"))
                    ? new Check(subject, Verdict.OK, "training is built for GPUs")
                    : new Check(
                            subject,
                            Verdict.NOTE,
                            "training is built for CPUs, and runs on one (expected: ./mvnw -DskipTests package -Pgpu)");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Check cuda() {
        String missing = CUDA_LIBRARIES.stream()
                .filter(library -> libraryFolders.stream().noneMatch(folder -> Files.exists(folder.resolve(library))))
                .collect(Collectors.joining(", "));
        return missing.isEmpty()
                ? new Check("CUDA", Verdict.OK, "every library that TensorFlow opens is there")
                : new Check("CUDA", Verdict.NOTE, "missing: " + missing + " (without them training runs on the CPU)");
    }

    private static List<Path> systemFolders() {
        List<Path> folders = new ArrayList<>();
        Map<String, String> environment = System.getenv();
        for (String folder : environment.getOrDefault("LD_LIBRARY_PATH", "").split(":")) {
            if (!folder.isEmpty()) {
                folders.add(Path.of(folder));
            }
        }
        for (String folder :
                List.of("/usr/local/cuda/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/lib/x86_64-linux-gnu")) {
            folders.add(Path.of(folder));
        }
        return folders;
    }
}
