package io.maru.platform.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Reference data that is not part of the source tree: the folder {@code MARU_SHARED}, or {@code shared} beside the tree. */
public final class Shared {
    private Shared() {}

    /** Returns the file or folder at {@code path} below the shared folder; skips the test where there is none. */
    public static Path path(String path) {
        String folder = System.getenv("MARU_SHARED");
        Path shared = folder == null ? Repository.root().resolve("../shared").normalize() : Path.of(folder);
        Path found = shared.resolve(path);
        assumeTrue(
                Files.exists(found), () -> found + ": absent (expected: reference data; MARU_SHARED names its folder)");
        return found;
    }
}
