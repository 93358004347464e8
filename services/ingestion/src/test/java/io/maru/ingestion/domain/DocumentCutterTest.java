package io.maru.ingestion.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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

    @Test
    void aLongLineIsCutAtTheLastWhiteSpaceThatFits() throws Exception {
        assertThat(cutLong(false, 12, 100, "heron walks over field")).containsExactly("heron walks", "over field");
        // A word of 12 bytes fits, and white space after it.
        assertThat(cutLong(false, 12, 100, "over field!! and  \t stones"))
                .containsExactly("over field!!", "and", "stones");
    }

    @Test
    void withoutWhiteSpaceALongLineIsCutBetweenCharacters() throws Exception {
        assertThat(cutLong(false, 8, 100, "aGVyb24gd2Fsa3M=")).containsExactly("aGVyb24g", "d2Fsa3M=");
        // Three bytes each, and four for the fox.
        assertThat(cutLong(false, 7, 100, "床前明月光")).containsExactly("床前", "明月", "光");
        assertThat(cutLong(false, 6, 100, "🦊🦊🦊")).containsExactly("🦊", "🦊", "🦊");
        // The accent stays with its letter.
        assertThat(cutLong(false, 5, 100, "abcdx\u0301fg")).containsExactly("abcd", "x\u0301fg");
        assertThat(cutLong(false, 1, 100, "🦊x\u0301")).containsExactly("🦊", "x", "\u0301");
    }

    @Test
    void aLongLineIsCutAtItsSeparatorsAndElsewhereOnlyBeforeADocumentIsTooLong() throws Exception {
        assertThat(cutLong(true, 4, 20, "Tom ran fast.<|endoftext|>Lily sat and then she sang<|endoftext|>x"))
                .containsExactly("Tom ran fast.", "Lily sat and then", "she sang", "x");
        // No cut goes through a separator, though there is no white space before it.
        assertThat(cutLong(true, 4, 20, "0123456789012345678<|endoftext|>b"))
                .containsExactly("0123456789012345678", "b");
    }

    @Test
    void aLongLineBeginsADocumentAndItsEndGoesOnWithTheNextLines() throws Exception {
        List<String> documents = new ArrayList<>();
        DocumentCutter cutter = cutter(false, 10, 100, documents);
        cutter.line("title");
        cutter.piece("one two thr", false);
        cutter.piece("ee four", true);
        cutter.line("next");
        cutter.end();

        assertThat(documents).containsExactly("title", "one two", "three four\nnext");
    }

    @Test
    void aLongLineLosesNothingButWhiteSpaceAtTheCutsHoweverItArrives() throws Exception {
        Random random = new Random(3);
        String[] parts = {
            "a",
            "heron",
            " ",
            "  ",
            "\t",
            "루",
            "🦊",
            "x\u0301",
            "<|endof",
            "<|endoftext|>",
            "\u3000",
            "0123456789abcdef"
        };
        for (int round = 0; round < 3_000; round++) {
            boolean separated = random.nextBoolean();
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(60); i > 0; i--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            String line = separated ? text.toString() : text.toString().replace("<|endoftext|>", "");
            List<String> documents = cutLong(separated, 16, 24, line);

            String kept = String.join("", documents).replaceAll("\\s|\u3000", "");
            assertThat(kept).isEqualTo(line.replace("<|endoftext|>", "").replaceAll("\\s|\u3000", ""));
            assertThat(documents).allSatisfy(document -> assertThat(document.getBytes(StandardCharsets.UTF_8).length)
                    .isBetween(1, separated ? 24 : 16));
            List<String> again = new ArrayList<>();
            DocumentCutter cutter = cutter(separated, 16, 24, again);
            int from = 0;
            while (from < line.length()) {
                int to = from + 1 + random.nextInt(Math.min(30, line.length() - from));
                cutter.piece(line.substring(from, to), false);
                from = to;
            }
            cutter.piece("", true);
            cutter.end();
            assertThat(again).as(line).isEqualTo(documents);
        }
    }

    private static List<String> cutLong(boolean separated, int documentBytes, int maxDocumentBytes, String line)
            throws Exception {
        List<String> documents = new ArrayList<>();
        DocumentCutter cutter = cutter(separated, documentBytes, maxDocumentBytes, documents);
        cutter.piece(line, true);
        cutter.end();
        return documents;
    }

    private static DocumentCutter cutter(
            boolean separated, int documentBytes, int maxDocumentBytes, List<String> documents) {
        return new DocumentCutter(
                separated,
                new CutRule(documentBytes, maxDocumentBytes, 1, 1 << 20),
                "prose",
                document -> documents.addAll(document.texts()));
    }

    private static List<String> cut(boolean separated, int documentBytes, int maxDocumentBytes, String... lines)
            throws Exception {
        List<String> documents = new ArrayList<>();
        DocumentCutter cutter = cutter(separated, documentBytes, maxDocumentBytes, documents);
        for (String line : lines) {
            cutter.line(line);
        }
        cutter.end();
        return documents;
    }
}
