package io.maru.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands around the merges in the files of published models gives the ids of the libraries that they were made for. */
class PipelineTest {
    static List<Pipelines.Shape> shapes() {
        return Pipelines.all();
    }

    static List<Pipelines.Pieces> models() {
        return Pipelines.sentencePiece();
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void givesTheIdsOfHuggingFace(Pipelines.Shape shape) {
        BpeTokenizer tokenizer = BpeTokenizer.fromJson(shape.tokenizerJson());
        for (Pipelines.Case expected : shape.cases()) {
            int[] ids = tokenizer.encode(expected.text(), SpecialTokens.ALLOW);
            String text = RandomTexts.escaped(expected.text());
            assertThat(ids).as(text).isEqualTo(expected.ids());
            assertThat(tokenizer.withTemplate(ids)).as(text).isEqualTo(expected.withTemplate());
            assertThat(tokenizer.decode(ids)).as(text).isEqualTo(expected.decoded());
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void isWrittenAsItWasRead(Pipelines.Shape shape) {
        assertThat(new String(BpeTokenizer.fromJson(shape.tokenizerJson()).toJson(), StandardCharsets.UTF_8))
                .isEqualTo(new String(shape.tokenizerJson(), StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void saysWhereTokensComeFromAndStreamsWhatItDecodes(Pipelines.Shape shape) {
        BpeTokenizer tokenizer = BpeTokenizer.fromJson(shape.tokenizerJson());
        Random random = new Random(8);
        for (int round = 0; round < 300; round++) {
            String text = RandomTexts.next(random);
            int[] ids = tokenizer.encode(text, SpecialTokens.ALLOW);
            Encoding encoding = tokenizer.encodeWithOffsets(text, SpecialTokens.ALLOW);
            assertThat(encoding.ids()).isEqualTo(ids);
            for (int i = 0; i < ids.length; i++) {
                assertThat(encoding.starts()[i]).isBetween(0, encoding.ends()[i]);
                assertThat(encoding.ends()[i]).isLessThanOrEqualTo(text.length());
            }
            Utf8Stream stream = tokenizer.newStream();
            StringBuilder streamed = new StringBuilder();
            Arrays.stream(ids).forEach(id -> streamed.append(stream.append(id)));
            assertThat(streamed.append(stream.finish())).hasToString(tokenizer.decode(ids));
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void givesTheIdsOfSentencePiece(Pipelines.Pieces pieces) {
        BpeTokenizer tokenizer = BpeTokenizer.fromSentencePiece(pieces.model());
        for (Pipelines.Case expected : pieces.cases()) {
            assertThat(tokenizer.encode(expected.text()))
                    .as(RandomTexts.escaped(expected.text()))
                    .isEqualTo(expected.ids());
        }
    }

    /** Else another program would make other ids of it. */
    @ParameterizedTest
    @MethodSource("models")
    void writesASentencePieceModelOnlyIfTheFileCanSayIt(Pipelines.Pieces pieces) {
        BpeTokenizer tokenizer = BpeTokenizer.fromSentencePiece(pieces.model());
        byte[] json;
        try {
            json = tokenizer.toJson();
        } catch (TokenizerFormatException e) {
            assertThat(e).hasMessageContaining("tokenizer.json: ");
            return;
        }
        for (Pipelines.Case expected : pieces.cases()) {
            assertThat(BpeTokenizer.fromJson(json).encode(expected.text())).isEqualTo(expected.ids());
        }
    }

    @Test
    void mergesTheLeftmostOfEqualRanksFirst() {
        // By hand: "ab" and "bc" have one rank, so "abc" is ab and c, and "xbc" is x and bc.
        MergeTable table =
                new MergeTable(List.of(new Merge('b', 'c', 301), new Merge('a', 'b', 300)), new int[] {0, 0});
        assertThat(merged(table, "abc")).containsExactly(300, 'c');
        assertThat(merged(table, "xbc")).containsExactly('x', 301);
        assertThat(merged(table, "abc".repeat(40)))
                .startsWith(300, 'c', 300, 'c')
                .hasSize(80);
    }

    private static int[] merged(MergeTable table, String word) {
        PairMerger merger = new PairMerger(table);
        int[] symbols = merger.symbols(word.length());
        for (int i = 0; i < word.length(); i++) {
            symbols[i] = word.charAt(i);
        }
        return Arrays.copyOf(symbols, merger.merge(word.length()));
    }

    @Test
    void followsRanksThatAreBelowThoseOfTheirParts() {
        // tiktoken 0.14.0: with abc of rank 256 and ab of rank 257, xabcx is x, abc, x.
        StringBuilder file = ranks();
        file.append("YWJj 256\nYWI= 257\n");
        BpeTokenizer tokenizer = BpeTokenizer.fromRanks(
                file.toString().getBytes(StandardCharsets.UTF_8), WordPattern.GPT2, java.util.Map.of());
        assertThat(tokenizer.encode("xabcx")).containsExactly('x', 256, 'x');
        assertThatThrownBy(tokenizer::toJson)
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageStartingWith("tokenizer.json: model.merges: ");
    }

    @Test
    void readsARankFileByWhatItIsAndByItsNameOrPattern(@TempDir Path folder) throws IOException {
        String file = ranks().append("YWI= 256\n").toString();
        Path llama = Files.writeString(folder.resolve("tokenizer.model"), file);
        BpeTokenizer tokenizer = BpeTokenizer.read(llama);
        assertThat(tokenizer.encode("ab 1234")).containsExactly(256, ' ', '1', '2', '3', '4');
        assertThat(tokenizer.encode("<|eot_id|>", SpecialTokens.ALLOW)).containsExactly(257 + 9);
        assertThat(tokenizer.vocabularySize()).isEqualTo(257 + 256);

        Path own = Files.writeString(folder.resolve("my.tiktoken"), file);
        assertThatThrownBy(() -> BpeTokenizer.read(own))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageStartingWith("tiktoken rank file: name: my.tiktoken, which does not tell how words are cut")
                .hasMessageContaining("--pattern gpt2|llama3|qwen2|cl100k|o200k");
        assertThat(BpeTokenizer.read(own, WordPattern.O200K).encode("ab")).containsExactly(256);
        Path json = Files.writeString(folder.resolve("tokenizer.json"), Expected.tokenizerJson());
        assertThatThrownBy(() -> BpeTokenizer.read(json, WordPattern.GPT2))
                .hasMessage("tokenizer.json: pattern: gpt2 (expected: none, but for a tiktoken rank file)");
    }

    private static StringBuilder ranks() {
        StringBuilder file = new StringBuilder();
        for (int b = 0; b < 256; b++) {
            file.append(Base64.getEncoder().encodeToString(new byte[] {(byte) b}))
                    .append(' ')
                    .append(b)
                    .append('\n');
        }
        return file;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\\s+$",
                "x*y|x",
                "[a-z]*+!|a+?b",
                "(?:a|b|ab)*c",
                "\\s+(?!\\S)|\\s+",
                "(?:a{1,20}){1,20}b",
                "\\p{L}+(?=\\d)"
            })
    void looksAtATextInLinearTime(String regex) {
        Finder finder = RegexMatcher.of(regex, "pattern");
        for (String part : List.of("a", "x", " ", "ab", "\uac00", "\n")) {
            byte[] text = part.repeat(1_000_000 / part.length()).getBytes(StandardCharsets.UTF_8);
            // Quadratic time would be hours.
            assertTimeoutPreemptively(
                    Duration.ofSeconds(30), () -> finder.find(text, 0, text.length, (start, end) -> {}));
        }
    }

    @Test
    void findsTheSameFromTheStartAndFromTheEnd() {
        // The tries are in vain for long enough that the rest is found from the end.
        Finder finder = RegexMatcher.of("a+b|a{1,3}(?!a)|[^a]c?", "pattern");
        Random random = new Random(9);
        for (int round = 0; round < 200; round++) {
            StringBuilder text = new StringBuilder("a".repeat(random.nextInt(3_000)));
            for (int i = 0; i < 40; i++) {
                text.append("abc\uac00 ".charAt(random.nextInt(5)));
            }
            List<String> found = new ArrayList<>();
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            finder.find(
                    bytes,
                    0,
                    bytes.length,
                    (start, end) -> found.add(new String(bytes, start, end - start, StandardCharsets.UTF_8)));
            List<String> expected = java.util.regex.Pattern.compile("a+b|a{1,3}(?!a)|[^a]c?")
                    .matcher(text)
                    .results()
                    .map(java.util.regex.MatchResult::group)
                    .toList();
            assertThat(found).isEqualTo(expected);
        }
    }
}
