package io.maru.platform.testkit;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the source tree lies. */
final class Repository {
    private Repository() {}

    /** Maven's builds say it in {@code maru.root}; an IDE's runs find it above the working directory. */
    static Path root() {
        String property = System.getProperty("maru.root");
        if (property != null) {
            return Path.of(property);
        }
        Path start = Path.of("").toAbsolutePath();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("infra/embedded/pom.xml"))) {
                return folder;
            }
        }
        throw new IllegalStateException("maru.root: not set, and nothing above " + start + " holds infra/embedded");
    }
}
