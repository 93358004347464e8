package io.maru.formats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealedFileTest {
    /** FIPS 180-4's own example. */
    private static final String SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir
    private Path folder;

    @Test
    void digestsBytesAndFilesAlike() throws IOException {
        assertThat(Sha256.of("abc".getBytes(StandardCharsets.US_ASCII))).isEqualTo(SHA256_OF_ABC);
        assertThat(SealedFile.of(abc())).isEqualTo(new SealedFile(3, SHA256_OF_ABC));
    }

    @Test
    void acceptsTheFileItKnows() throws IOException {
        new SealedFile(3, SHA256_OF_ABC).verify(abc());
    }

    @Test
    void refusesAFileOfAnotherSize() throws IOException {
        Path file = abc();
        assertThatThrownBy(() -> new SealedFile(4, SHA256_OF_ABC).verify(file))
                .isInstanceOf(CorruptFileException.class)
                .hasMessage(file + ": size: 3 bytes (expected: 4 bytes)");
    }

    @Test
    void refusesAFileWithOneBitChanged() throws IOException {
        Path file = Files.writeString(folder.resolve("changed"), "abb");
        assertThatThrownBy(() -> new SealedFile(3, SHA256_OF_ABC).verify(file))
                .isInstanceOfSatisfying(CorruptFileException.class, e -> {
                    assertThat(e.file()).isEqualTo(file.toString());
                    assertThat(e.place()).isEqualTo("sha256");
                    assertThat(e.expected()).isEqualTo(SHA256_OF_ABC);
                });
    }

    @Test
    void refusesADigestThatIsNotLowercaseHexadecimal() {
        assertThatThrownBy(() -> new SealedFile(3, SHA256_OF_ABC.toUpperCase(Locale.ROOT)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keepsTheTextOfAHostileFileOnOneShortLine() {
        CorruptFileException e = new CorruptFileException("f", "tensor a\nb", "x".repeat(1000), "y");
        assertThat(e).hasMessageStartingWith("f: tensor a?b: xxx").hasMessageEndingWith("... (expected: y)");
        assertThat(e.getMessage()).hasSizeLessThan(300);
    }

    private Path abc() throws IOException {
        return Files.writeString(folder.resolve("abc"), "abc");
    }
}
