package io.maru.ingestion.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DocumentCutterTest {
    @Test
    void cutsAtSeparatorsOnTheirOwnLineAndWithinOne() throws Exception {
        assertThat(cut(true, 1000, 1000, "Once.", "Twice.", "<|endoftext|>", "", "Tom ran.<|endoftext|>Lily", "sat."))
                .containsExactly("Once.\nTwice.", "Tom ran.", "Lily\nsat.");
    }

    @Test
    void severalSeparatorsInALineMakeNoEmptyDocuments() throws Exception {
        assertThat(cut(true, 1000, 1000, "<|endoftext|><|endoftext|>a<|endoftext|> <|endoftext|>b"))
                .containsExactly("a", "b");
    }

    @Test
    void cutsAtTheFirstBlankLineAfterEnoughText() throws Exception {
        assertThat(cut(false, 8, 1000, "abc", "", "def", "", "ghi", "jkl", "mno", "", "", "end"))
                .containsExactly("abc\n\ndef", "ghi\njkl\nmno", "end");
    }

    @Test
    void aSeparatedFileIsNotCutAtBlankLines() throws Exception {
        assertThat(cut(true, 1, 1000, "abc", "", "def")).containsExactly("abc\n\ndef");
    }

    @Test
    void cutsAtALinesEndBeforeADocumentIsTooLong() throws Exception {
        for (boolean separated : new boolean[] {true, false}) {
            assertThat(cut(separated, 10, 12, "abcde", "fghij", "klmno")).containsExactly("abcde\nfghij", "klmno");
        }
    }

    @Test
    void aLineLongerThanADocumentIsADocument() throws Exception {
        assertThat(cut(false, 4, 4, "a", "longer than that", "b")).containsExactly("a", "longer than that", "b");
    }

    @Test
    void countsBytesAndNotCharacters() throws Exception {
        // Three bytes each, and four for the fox.
        assertThat(cut(false, 7, 7, "마루", "집")).containsExactly("마루", "집");
        assertThat(cut(false, 9, 9, "🦊🦊", "a")).containsExactly("🦊🦊", "a");
        assertThat(cut(false, 11, 11, "🦊🦊", "a")).containsExactly("🦊🦊\na");
    }

    @Test
    void dropsBlankLinesAtADocumentsEndsOnly() throws Exception {
        assertThat(cut(true, 1000, 1000, "", " \t", "  indented", "", "last", "\u3000", ""))
                .containsExactly("  indented\n\nlast");
    }

    @Test
    void nothingButBlankLinesIsNoDocument() throws Exception {
        assertThat(cut(false, 1, 10, "", " ", "")).isEmpty();
    }

    private static List<String> cut(boolean separated, int documentBytes, int maxDocumentBytes, String... lines)
            throws Exception {
        List<String> documents = new ArrayList<>();
        DocumentCutter cutter = new DocumentCutter(
                separated,
                new CutRule(documentBytes, maxDocumentBytes, 1),
                "prose",
                document -> documents.addAll(document.texts()));
        for (String line : lines) {
            cutter.line(line);
        }
        cutter.end();
        return documents;
    }
}
