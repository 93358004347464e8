package io.maru.tokenizer;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Large public data beside the repository; a test that wants some of it is skipped where it is absent. */
final class SharedData {
    private SharedData() {}

    static Path root() {
        String shared = System.getenv("MARU_SHARED");
        Path root = Path.of(System.getProperty("maru.root", "."));
        Path data = (shared == null ? root.resolve("../shared") : Path.of(shared)).resolve("data");
        assumeTrue(Files.isDirectory(data), "no reference data at " + data + "; set MARU_SHARED to have these tests");
        return data;
    }

    static byte[] read(String path) throws IOException {
        return Files.readAllBytes(root().resolve(path));
    }
}
