package io.maru.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {
    @Test
    void onlyTheDataDirectoryMustBeSaid() {
        assertThat(Options.parse("--data", "/d"))
                .isEqualTo(new Options(Path.of("/d"), Path.of("/d"), 7192, 7132, 7190, false));
    }

    @Test
    void everyOptionIsHeard() {
        assertThat(Options.parse(
                        "--s3-port",
                        "3",
                        "--with-parent",
                        "--binaries",
                        "/b",
                        "--postgres-port",
                        "2",
                        "--data",
                        "/d",
                        "--kafka-port",
                        "1"))
                .isEqualTo(new Options(Path.of("/d"), Path.of("/b"), 1, 2, 3, true));
    }

    @Test
    void aMissingDirectoryIsNamed() {
        assertThatThrownBy(Options::parse).hasMessage("--data: missing (expected: a directory)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "65536", "99999999999", "seven", ""})
    void aPortThatIsNoneIsNamed(String port) {
        assertThatThrownBy(() -> Options.parse("--data", "/d", "--s3-port", port))
                .hasMessage("--s3-port: " + port + " (expected: 0 to 65535)");
    }

    @Test
    void anUnknownOptionIsNamed() {
        assertThatThrownBy(() -> Options.parse("--date", "/d")).hasMessage("--date: unknown option");
    }

    @Test
    void anOptionWithoutItsValueIsNamed() {
        assertThatThrownBy(() -> Options.parse("--data")).hasMessage("--data: missing (expected: a value)");
    }
}
