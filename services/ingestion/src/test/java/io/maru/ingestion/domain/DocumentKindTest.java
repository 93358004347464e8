package io.maru.ingestion.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentKindTest {
    @ParameterizedTest
    @CsvSource({
        "stories.txt, prose",
        "README.MD, markdown",
        "inbox/a/Main.java, code",
        "rows.jsonl, data",
        "page.html, markup",
        "archive.tar.txt, prose",
        "LICENSE, other",
        "inbox/v1.java/notes, other",
        "a.unheard-of, other",
        "a., other",
        "uploads/00112233445566778899aabbccddeeff, other"
    })
    void theEndingOfAFilesNameTells(String name, String kind) {
        assertThat(DocumentKind.ofFile(name)).isEqualTo(kind);
        assertThat(DocumentKind.check("kind", kind)).isEqualTo(kind);
    }

    @Test
    void isAnyShortWordThatSomebodyChooses() {
        assertThat(DocumentKind.check("kind", "court-rulings-2")).isEqualTo("court-rulings-2");
        assertThat(DocumentKind.check("kind", "k".repeat(32))).hasSize(32);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "News", "a b", "-a", "뉴스", "a\n", "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"})
    void isNothingElse(String kind) {
        assertThatThrownBy(() -> DocumentKind.check("kinds.a", kind))
                .hasMessageStartingWith("kinds.a: \"" + kind + "\" (expected: at most 32 lowercase letters");
    }
}
