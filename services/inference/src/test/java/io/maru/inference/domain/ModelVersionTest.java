package io.maru.inference.domain;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelVersionTest {
    private static final String SHA256 = "0".repeat(64);

    @ParameterizedTest
    @ValueSource(strings = {"", "..", "../secret", "a/b", "/etc/passwd", ".hidden", "a\u0000b"})
    void aFileNameThatLeadsElsewhereIsRefused(String name) {
        assertThatThrownBy(() -> new ModelVersion.File(name, 1, SHA256)).hasMessageStartingWith("file_name: ");
    }

    @Test
    void aDigestThatIsNoneIsRefused() {
        assertThatThrownBy(() -> new ModelVersion("models/m/versions/1", "../..", List.of()))
                .hasMessageStartingWith("models/m/versions/1: manifest_sha256: \"../..\" (expected: ");
    }
}
