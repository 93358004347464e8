package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class GgufVocabularyTest {
    @Test
    void givesTheIdsOfTransformersForSmolLm2() throws IOException {
        JsonNode facts = new ObjectMapper().readTree(SharedData.read("facts/smollm2-135m-instruct.json"));
        BpeTokenizer tokenizer = BpeTokenizer.fromJson(smolLm2().toJson());
        assertThat(tokenizer.vocabularySize()).isEqualTo(49_152);
        assertThat(facts.get("tokens")).hasSize(20);
        for (JsonNode fact : facts.get("tokens")) {
            assertIds(tokenizer, fact.get("text").textValue(), fact.get("ids"));
        }
        assertThat(tokenizer.encode("\u0004")).as("it has no token for U+0004").isEmpty();
        assertThat(facts.get("chats")).isNotEmpty();
        for (JsonNode chat : facts.get("chats")) {
            assertIds(tokenizer, chat.get("rendered").textValue(), chat.get("ids"));
        }
    }

    @Test
    void putsNoTokenBeforeATextUnlessTheFileSaysSo() {
        byte[] without = bytes("gpt-2", false).toJson();
        byte[] with = bytes("gpt-2", true).toJson();
        assertThat(BpeTokenizer.fromJson(without).withTemplate(new int[] {7})).containsExactly(7);
        assertThat(BpeTokenizer.fromJson(with).withTemplate(new int[] {7})).containsExactly(256, 7);
    }

    @Test
    void cutsWordsAsItsPreSays() {
        int[] apart = {'1' - '!', '2' - '!'}; // "!" is the first byte that is written as itself
        assertThat(BpeTokenizer.fromJson(bytes("qwen2", false).toJson()).encode("12"))
                .containsExactly(apart);
        assertThat(BpeTokenizer.fromJson(bytes("gpt-2", false).toJson()).encode("12"))
                .containsExactly(257);
        assertThat(BpeTokenizer.fromJson(bytes("llama-bpe", false).toJson()).encode("12"))
                .containsExactly(257);
    }

    @Test
    void mergesPiecesByTheirScores() {
        List<String> tokens = List.of("<unk>", "<s>", "</s>", "\u2581", "a", "b", "ab", "\u2581a");
        GgufVocabulary vocabulary = new GgufVocabulary(
                "llama",
                "",
                tokens,
                List.of(0f, 0f, 0f, -3f, -4f, -5f, -2f, -1f),
                List.of(2, 3, 3, 1, 1, 1, 1, 1),
                List.of(),
                1,
                2,
                0,
                GgufVocabulary.NONE,
                true,
                true);
        BpeTokenizer tokenizer = BpeTokenizer.fromJson(vocabulary.toJson());
        assertThat(tokenizer.encode("ab")).containsExactly(7, 5);
        assertThat(tokenizer.withTemplate(tokenizer.encode("ab"))).containsExactly(1, 7, 5);
        assertThat(new String(vocabulary.configJson("{{ x }}"), UTF_8))
                .contains("\"bos_token\": \"<s>\"", "\"pad_token\": null", "\"chat_template\": \"{{ x }}\"");
    }

    @Test
    void comesBackFromItsTokenizerJson() {
        for (String pre : List.of("gpt-2", "llama-bpe", "qwen2")) {
            for (boolean addBos : new boolean[] {true, false}) {
                GgufVocabulary vocabulary = bytes(pre, addBos);
                assertThat(GgufVocabulary.of(vocabulary.toJson(), 258, 256, -1, -1, -1))
                        .isEqualTo(vocabulary);
            }
        }
        assertThat(GgufVocabulary.of(bytes("gpt-2", false).toJson(), 260, -1, -1, -1, -1)
                        .tokens())
                .endsWith("12", "[PAD258]", "[PAD259]");
    }

    @Test
    void givesTheSameIdsForRealFilesAfterTheWayThereAndBack() throws IOException {
        for (String path : List.of(
                "weights/tiny-gpt2-shakespeare-hf/tokenizer.json",
                "weights/fake-gpt2-hf/tokenizer.json",
                "tokenizers/phi-3-mini/tokenizer.json")) {
            byte[] json = SharedData.read(path);
            BpeTokenizer before = BpeTokenizer.fromJson(json);
            int size = before.vocabularySize();
            int bos = path.contains("phi") ? 1 : GgufVocabulary.NONE;
            BpeTokenizer after = BpeTokenizer.fromJson(
                    GgufVocabulary.of(json, size, bos, -1, -1, -1).toJson());
            String text = new String(SharedData.read("tokenizers/llamacpp-vectors/cases.inp"), UTF_8);
            assertThat(after.encode(text)).as(path).isEqualTo(before.encode(text));
            assertThat(after.vocabularySize()).isEqualTo(size);
        }
    }

    /** GGUF has no word for normal form C, which what is trained here brings a text to. */
    @Test
    void aTokenizerThatWasTrainedHereCutsWordsAsGpt2() {
        BpeTrainer trainer = new BpeTrainer(258, TieRule.SMALLEST_IDS);
        trainer.add("aaaa");
        BpeTokenizer trained = trainer.train();

        GgufVocabulary vocabulary = GgufVocabulary.of(
                trained.toJson(),
                258,
                trained.endOfText(),
                trained.endOfText(),
                GgufVocabulary.NONE,
                GgufVocabulary.NONE);

        assertThat(vocabulary.pre()).isEqualTo("gpt-2");
        BpeTokenizer again = BpeTokenizer.fromJson(vocabulary.toJson());
        String composed = "aaaa, caf\u00e9 12\n";
        assertThat(again.encode(composed)).isEqualTo(trained.encode(composed));
    }

    @Test
    void refusesWhatItDoesNotKnowByName() {
        assertThatThrownBy(() -> bytes("deepseek-llm", false).toJson())
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessage("tokenizer in GGUF: tokenizer.ggml.pre: deepseek-llm"
                        + " (expected: gpt-2, smollm, llama-bpe or qwen2)");
        assertThatThrownBy(() -> new GgufVocabulary(
                                "bert",
                                "",
                                List.of("a"),
                                List.of(),
                                List.of(1),
                                List.of(),
                                -1,
                                -1,
                                -1,
                                -1,
                                false,
                                false)
                        .toJson())
                .hasMessage("tokenizer in GGUF: tokenizer.ggml.model: bert (expected: gpt2 or llama)");
        assertThatThrownBy(() -> new GgufVocabulary(
                        "gpt2", "gpt-2", List.of("a"), List.of(), List.of(), List.of(), -1, -1, -1, -1, false, false))
                .hasMessageContaining("token_type: 0 types (expected: 1, one for each token)");
        assertThatThrownBy(() -> new GgufVocabulary(
                        "gpt2", "gpt-2", List.of("a"), List.of(), List.of(1), List.of(), 1, -1, -1, -1, false, false))
                .hasMessageContaining("bos_token_id: 1 (expected: an id below 1)");
    }

    /** All bytes, {@code <s>} as 256, and "12" as 257. */
    private static GgufVocabulary bytes(String pre, boolean addBos) {
        List<String> tokens = new ArrayList<>();
        for (byte b : ByteAlphabet.bytes()) {
            tokens.add(String.valueOf(ByteAlphabet.toChar(b)));
        }
        List<Integer> types = new ArrayList<>(Collections.nCopies(tokens.size() + 2, 1));
        types.set(tokens.size(), 3);
        tokens.add("<s>");
        tokens.add("12");
        return new GgufVocabulary(
                "gpt2", pre, tokens, List.of(), types, List.of("1 2"), 256, -1, -1, -1, addBos, false);
    }

    private static void assertIds(BpeTokenizer tokenizer, String text, JsonNode ids) {
        int[] expected = StreamSupport.stream(ids.spliterator(), false)
                .mapToInt(JsonNode::intValue)
                .toArray();
        assertThat(tokenizer.encode(text, SpecialTokens.ALLOW)).as(text).isEqualTo(expected);
    }

    private static GgufVocabulary smolLm2() throws IOException {
        Map<String, Object> keys = keys("weights/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf");
        return new GgufVocabulary(
                (String) keys.get("tokenizer.ggml.model"),
                (String) keys.get("tokenizer.ggml.pre"),
                list(keys, "tokens", String.class),
                List.of(),
                list(keys, "token_type", Integer.class),
                list(keys, "merges", String.class),
                (int) keys.get("tokenizer.ggml.bos_token_id"),
                (int) keys.get("tokenizer.ggml.eos_token_id"),
                (int) keys.get("tokenizer.ggml.unknown_token_id"),
                (int) keys.get("tokenizer.ggml.padding_token_id"),
                (boolean) keys.get("tokenizer.ggml.add_bos_token"),
                (boolean) keys.get("tokenizer.ggml.add_space_prefix"));
    }

    private static <T> List<T> list(Map<String, Object> keys, String key, Class<T> of) {
        return ((List<?>) keys.get("tokenizer.ggml." + key))
                .stream().map(of::cast).toList();
    }

    /** Reads just what this file has: the library that reads any does not belong to this module. */
    private static Map<String, Object> keys(String path) throws IOException {
        try (FileChannel channel = FileChannel.open(SharedData.root().resolve(path))) {
            MappedByteBuffer file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            file.order(ByteOrder.LITTLE_ENDIAN).position(16);
            Map<String, Object> keys = new HashMap<>();
            for (long left = file.getLong(); left > 0; left--) {
                keys.put(string(file), value(file, file.getInt()));
            }
            return keys;
        }
    }

    private static Object value(ByteBuffer file, int type) {
        return switch (type) {
            case 4, 5 -> file.getInt();
            case 6 -> file.getFloat();
            case 7 -> file.get() != 0;
            case 8 -> string(file);
            case 9 -> {
                int element = file.getInt();
                Object[] values = new Object[(int) file.getLong()];
                Arrays.setAll(values, i -> value(file, element));
                yield Arrays.asList(values);
            }
            default -> throw new IllegalArgumentException("type " + type);
        };
    }

    private static String string(ByteBuffer file) {
        byte[] bytes = new byte[(int) file.getLong()];
        file.get(bytes);
        return new String(bytes, UTF_8);
    }
}
