package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against what the reference tokenizers gave for real text and the full GPT-2 vocabulary. */
class ReferenceDataTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Path data;

    @BeforeEach
    void findsTheData() {
        data = SharedData.root();
    }

    @Test
    void givesTheIdsOfHuggingFaceForTrickyTexts() throws IOException {
        assertEncodes(gpt2(), "tokens.gpt2-hf.json");
    }

    @Test
    void givesTheIdsOfHuggingFaceForPhi3() throws IOException {
        assertEncodes(phi3(), "tokens.phi-3-mini.json");
    }

    @Test
    void givesTheIdsOfSentencePiece() throws IOException {
        BpeTokenizer tok512 = BpeTokenizer.read(data.resolve("weights/stories260K/tok512.model"));
        for (JsonNode testCase : cases("tokens.tok512.json", 24)) {
            String text = testCase.path("text").textValue();
            assertThat(tok512.encode(text)).as(text).containsExactly(ids(testCase.path("ids")));
        }
    }

    @Test
    void givesTheSameIdsFromEachFormOfGpt2() throws IOException {
        Path openAi = data.resolve("tokenizers/gpt2-openai");
        BpeTokenizer pair = BpeTokenizer.fromVocabularyAndMerges(
                Files.readAllBytes(openAi.resolve("encoder.json")), Files.readAllBytes(openAi.resolve("vocab.bpe")));
        BpeTokenizer ranks = BpeTokenizer.read(data.resolve("tokenizers/tiktoken/r50k_base.tiktoken"));
        BpeTokenizer json = gpt2();
        assertThat(JSON.readTree(pair.toJson()).at("/model/merges"))
                .isEqualTo(JSON.readTree(json.toJson()).at("/model/merges"))
                .isEqualTo(JSON.readTree(ranks.toJson()).at("/model/merges"));
        assertThat(List.of(pair.endOfText(), ranks.endOfText())).containsOnly(json.endOfText());
        for (JsonNode testCase : cases("tokens.r50k-ordinary.json", 30)) {
            String text = testCase.path("text").textValue();
            assertEncodes(pair, text, ids(testCase.path("ids")));
            assertEncodes(ranks, text, ids(testCase.path("ids")));
        }
    }

    @Test
    void givesTheIdsOfTiktokenWithSpecialTokensAsText() throws IOException {
        BpeTokenizer gpt2 = gpt2();
        for (JsonNode testCase : cases("tokens.r50k-ordinary.json", 30)) {
            assertEncodes(gpt2, testCase.path("text").textValue(), ids(testCase.path("ids")));
        }
    }

    @Test
    void givesTheIdsOfLlamaCppForTrickyUnicode() throws IOException {
        assertEncodesVectors(gpt2(), "gpt-2.out");
        assertEncodesVectors(phi3(), "phi-3.out");
    }

    private void assertEncodesVectors(BpeTokenizer tokenizer, String expectedIds) throws IOException {
        Path vectors = data.resolve("tokenizers/llamacpp-vectors");
        String[] texts = Files.readString(vectors.resolve("cases.inp")).split("\n__ggml_vocab_test__\n", -1);
        String[] lines = Files.readString(vectors.resolve(expectedIds)).split("\n", -1);
        assertThat(texts).hasSize(47);
        for (int i = 0; i < texts.length; i++) {
            String line = i < lines.length ? lines[i].strip() : "";
            int[] expected = line.isEmpty()
                    ? new int[0]
                    : List.of(line.split(" ", -1)).stream()
                            .mapToInt(Integer::parseInt)
                            .toArray();
            assertThat(tokenizer.encode(texts[i])).as(texts[i]).containsExactly(expected);
        }
    }

    @Test
    void givesTheIdsOfTiktokenForManyTexts() throws IOException {
        BpeTokenizer gpt2 = gpt2();
        List<List<String>> rows = csv(Files.readString(data.resolve("tokenizers/tiktoken/r50k_base_encodings.csv")));
        assertThat(rows).hasSize(423 + 1);
        for (List<String> row : rows.subList(1, rows.size())) {
            assertEncodes(gpt2, row.get(0), ids(JSON.readTree(row.get(1))));
        }
    }

    @Test
    void learnsTheMergesOfTheLexicographicReference() throws IOException {
        Path reference = data.resolve("tokenizers/bpe-training");
        BpeTrainer trainer = new BpeTrainer(500, TieRule.LEXICOGRAPHIC);
        trainer.add(Files.readString(reference.resolve("corpus.en")));

        assertThat(merges(trainer.train()))
                .hasSize(243)
                .isEqualTo(Files.readAllLines(reference.resolve("train-bpe-reference-merges.txt")));
    }

    @Test
    void learnsTheMergesOfHuggingFace() throws IOException {
        BpeTrainer trainer = new BpeTrainer(512, TieRule.SMALLEST_IDS);
        trainer.add(Files.readString(data.resolve("text/tinyshakespeare.txt")));

        Path expected = data.resolve("weights/tiny-gpt2-shakespeare-hf/tokenizer.json");
        assertThat(trainer.train().toJson()).asString(UTF_8).isEqualTo(Expected.composing(Files.readString(expected)));
    }

    @Test
    void writesWhatHuggingFaceWroteByteForByte() throws IOException {
        Path file = data.resolve("weights/tiny-gpt2-shakespeare-hf/tokenizer.json");
        assertThat(BpeTokenizer.read(file).toJson()).asString(UTF_8).isEqualTo(Files.readString(file));
    }

    @Test
    void readsWhatItWroteOfTheFullVocabulary() throws IOException {
        BpeTokenizer gpt2 = gpt2();
        BpeTokenizer again = BpeTokenizer.fromJson(gpt2.toJson());
        assertThat(again.toJson()).isEqualTo(gpt2.toJson());
        assertThat(again.vocabularySize()).isEqualTo(50257);
        assertThat(again.endOfText()).isEqualTo(50256);
    }

    @Test
    void takesNearLinearTimeWithoutWords() throws IOException {
        BpeTokenizer phi3 = phi3();
        for (String part : List.of("a", " ", "\u0301", "\ud83d\udc69\u200d", "\uac00", "ab")) {
            String text = part.repeat(1_000_000 / part.length());
            // Quadratic time would be hours.
            assertTimeoutPreemptively(Duration.ofSeconds(60), () -> assertThat(phi3.decode(phi3.encode(text)))
                    .isEqualTo(text));
        }
    }

    @Test
    void saysWhereTokensOfPhi3ComeFrom() throws IOException {
        Encoding encoding = phi3().encodeWithOffsets("Hello  \uac01<|user|> x", SpecialTokens.ALLOW);
        // tokenizers 0.23.2: add_special_tokens=False, offsets in characters
        assertThat(encoding.ids()).containsExactly(15043, 259, 237, 179, 132, 32010, 921);
        assertThat(encoding.starts()).containsExactly(0, 5, 7, 7, 7, 8, 17);
        assertThat(encoding.ends()).containsExactly(5, 7, 8, 8, 8, 17, 18);
    }

    @Test
    void namesTheTokensOfPhi3InTheConfiguration() throws IOException {
        JsonNode config = JSON.readTree(phi3().configJson());
        assertThat(config.get("bos_token").textValue()).isEqualTo("<s>");
        assertThat(config.get("eos_token").textValue()).isEqualTo("<|endoftext|>");
        assertThat(config.get("unk_token").textValue()).isEqualTo("<unk>");
    }

    @Test
    void readsAFolderAsItsFile() throws IOException {
        BpeTokenizer folder = BpeTokenizer.read(data.resolve("weights/fake-gpt2-hf"));
        assertThat(folder.toJson()).isEqualTo(gpt2().toJson());
    }

    @Test
    void readsWhatItWroteOfPhi3() throws IOException {
        BpeTokenizer phi3 = phi3();
        JsonNode file = JSON.readTree(SharedData.read("tokenizers/phi-3-mini/tokenizer.json"));
        JsonNode written = JSON.readTree(phi3.toJson());
        for (String part : List.of("added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder")) {
            assertThat(written.get(part)).isEqualTo(file.get(part));
        }
        assertThat(written.at("/model/vocab")).isEqualTo(file.at("/model/vocab"));
        assertThat(BpeTokenizer.fromJson(phi3.toJson()).toJson()).isEqualTo(phi3.toJson());
    }

    private BpeTokenizer phi3() throws IOException {
        return BpeTokenizer.read(data.resolve("tokenizers/phi-3-mini/tokenizer.json"));
    }

    private BpeTokenizer gpt2() throws IOException {
        return BpeTokenizer.read(data.resolve("weights/fake-gpt2-hf/tokenizer.json"));
    }

    private JsonNode cases(String file, int count) throws IOException {
        JsonNode cases =
                JSON.readTree(data.resolve("facts").resolve(file).toFile()).path("cases");
        assertThat(cases).hasSize(count);
        return cases;
    }

    /** These take the text of a special token for the token. */
    private void assertEncodes(BpeTokenizer tokenizer, String file) throws IOException {
        for (JsonNode testCase : cases(file, 30)) {
            String text = testCase.path("text").textValue();
            int[] ids = ids(testCase.path("ids"));
            assertThat(tokenizer.encode(text, SpecialTokens.ALLOW)).as(text).containsExactly(ids);
            if (testCase.path("decoded_equal").booleanValue() && !text.contains("<|endoftext|>")) {
                assertThat(tokenizer.decode(ids)).isEqualTo(text);
            }
        }
    }

    private static void assertEncodes(BpeTokenizer tokenizer, String text, int[] expected) {
        assertThat(tokenizer.encode(text)).as(text).containsExactly(expected);
        assertThat(tokenizer.decode(expected)).isEqualTo(text);
    }

    private static int[] ids(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).intValue();
        }
        return ids;
    }

    private static List<String> merges(BpeTokenizer tokenizer) throws IOException {
        List<String> merges = new ArrayList<>();
        for (JsonNode merge : JSON.readTree(tokenizer.toJson()).at("/model/merges")) {
            merges.add(merge.get(0).textValue() + " " + merge.get(1).textValue());
        }
        return merges;
    }

    /** Comma-separated cells; a quoted one may hold commas, line ends and doubled quotes. */
    private static List<List<String>> csv(String text) {
        List<List<String>> rows = new ArrayList<>();
        List<String> row = new ArrayList<>();
        StringBuilder cell = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
                cell.append(c);
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && (c == ',' || c == '\n')) {
                row.add(cell.toString());
                cell.setLength(0);
                if (c == '\n') {
                    rows.add(row);
                    row = new ArrayList<>();
                }
            } else if (quoted || c != '\r') {
                cell.append(c);
            }
        }
        if (!row.isEmpty()) {
            row.add(cell.toString());
            rows.add(row);
        }
        return rows;
    }
}
