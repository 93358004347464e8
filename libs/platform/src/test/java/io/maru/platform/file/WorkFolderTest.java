package io.maru.platform.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkFolderTest {
    @TempDir
    private Path parent;

    @Test
    void isGoneWithAllThatIsInItWhenItIsClosed() throws IOException {
        Path path;
        try (WorkFolder folder = WorkFolder.create(parent)) {
            path = folder.path();
            Files.writeString(Files.createDirectories(path.resolve("a/b")).resolve("c"), "d");
        }

        assertThat(path).doesNotExist();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void whatAProcessThatWasKilledHasLeftIsTidied() throws IOException {
        Files.writeString(WorkFolder.create(parent).path().resolve("left"), "");
        Path other = Files.writeString(parent.resolve("somebody-elses"), "");

        assertThat(WorkFolder.tidied(parent)).isEqualTo(parent);

        assertThat(parent).isDirectoryContaining(other::equals);
        assertThat(Files.list(parent)).containsExactly(other);
    }

    @Test
    void anEmptiedFolderIsThereAndEmpty() throws IOException {
        Path folder = parent.resolve("new/folder");
        Folders.emptied(folder);
        assertThat(folder).isEmptyDirectory();

        Files.writeString(Files.createDirectories(folder.resolve("a")).resolve("b"), "");
        Folders.emptied(folder);

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void toDeleteWhatIsNotThereDoesNothing() throws IOException {
        Folders.delete(parent.resolve("none"));

        assertThat(parent).isEmptyDirectory();
    }
}
