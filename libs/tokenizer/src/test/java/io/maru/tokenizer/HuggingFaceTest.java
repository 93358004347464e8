package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each model family gives the ids of Hugging Face's own library, for what {@link RandomTexts} makes of many seeds. */
class HuggingFaceTest {
    private static final int TEXTS = 20_000; // for each of five families
    private static final int TEXTS_OF_A_VARIANT = 3_000;
    private static final int TEXTS_OF_A_SHAPE = 500;

    @TempDir
    static Path cache;

    @BeforeAll
    static void staysOffline() {
        System.setProperty("DJL_CACHE_DIR", cache.toString()); // where it unpacks its native library
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("RUST_FLAVOR", "cpu");
    }

    @Test
    void givesTheSameIdsForGpt2() throws IOException {
        assertSame(gpt2().toJson(), 1, TEXTS);
    }

    @Test
    void givesTheSameIdsForGpt2WithAPrefixSpace() throws IOException {
        ObjectNode file = tree(gpt2().toJson());
        ((ObjectNode) file.get("pre_tokenizer")).put("add_prefix_space", true);
        assertSame(bytes(file), 2, TEXTS_OF_A_VARIANT);
    }

    @Test
    void givesTheSameIdsForLlama3AndItsLike() throws IOException {
        // A small vocabulary shows where words are cut as well as a large one, and reading it takes no time.
        assertSame(trained(WordPattern.LLAMA3).toJson(), 3, TEXTS);
        assertSame(trained(WordPattern.QWEN2).toJson(), 3, TEXTS_OF_A_VARIANT);
    }

    @Test
    void givesTheSameIdsForCl100k() throws IOException {
        assertSame(ranks("cl100k_base", WordPattern.LLAMA3, 100257).toJson(), 4, TEXTS);
    }

    @Test
    void givesTheSameIdsForO200k() throws IOException {
        assertSame(ranks("o200k_base", WordPattern.O200K, 199999).toJson(), 5, TEXTS);
    }

    @Test
    void givesTheSameIdsForLlama2AndPhi3() throws IOException {
        byte[] phi3 = SharedData.read("tokenizers/phi-3-mini/tokenizer.json");
        assertSame(phi3, 6, TEXTS);
        ObjectNode newer = tree(phi3);
        newer.putNull("normalizer");
        ObjectNode metaspace = newer.putObject("pre_tokenizer");
        metaspace.put("type", "Metaspace").put("replacement", "\u2581").put("split", false);
        for (String scheme : List.of("first", "always", "never")) {
            metaspace.put("prepend_scheme", scheme);
            assertSame(bytes(newer), 7, TEXTS_OF_A_VARIANT);
        }
        metaspace.put("split", true);
        assertSame(bytes(newer), 8, TEXTS_OF_A_VARIANT);
        ObjectNode unknown = tree(phi3);
        ((ObjectNode) unknown.get("model")).put("byte_fallback", false);
        assertSame(bytes(unknown), 9, TEXTS_OF_A_VARIANT);
        ((ObjectNode) unknown.get("model")).put("fuse_unk", false);
        assertSame(bytes(unknown), 10, TEXTS_OF_A_VARIANT);
    }

    @Test
    void givesTheSameIdsForOtherPatterns() throws IOException {
        ObjectNode file = tree(trained(WordPattern.LLAMA3).toJson());
        ArrayNode steps = (ArrayNode) file.at("/pre_tokenizer/pretokenizers");
        ObjectNode split = (ObjectNode) steps.get(0);
        for (String regex : List.of(
                "[^\\s\\p{L}]+|\\p{Lu}?\\p{Ll}*\\w| ?\\d{2,3}",
                "\\s+|(?i:the|s+)|[a-c\\p{M}]+?b",
                "\\W\\S|\\p{^N}{3}")) {
            ((ObjectNode) split.get("pattern")).put("Regex", regex);
            assertSame(bytes(file), 11, TEXTS_OF_A_VARIANT);
        }
        steps.set(0, tree("{\"type\": \"Digits\", \"individual_digits\": true}".getBytes(UTF_8)));
        ((ObjectNode) steps.get(1)).put("use_regex", true);
        assertSame(bytes(file), 12, TEXTS_OF_A_VARIANT);
    }

    @Test
    void findsTheSameAddedTokens() throws IOException {
        for (byte[] json :
                List.of(trained(WordPattern.GPT2).toJson(), SharedData.read("tokenizers/phi-3-mini/tokenizer.json"))) {
            ObjectNode file = tree(json);
            ArrayNode added = (ArrayNode) file.get("added_tokens");
            int id = added.get(added.size() - 1).get("id").intValue() == 0
                    ? file.at("/model/vocab").size()
                    : added.get(added.size() - 1).get("id").intValue() + 1;
            String[] contents = {"<tool>", "ing", "the", "  ", "<|a|>", "<|a|><", "\u00e9t", "'s"};
            for (int i = 0; i < contents.length; i++) {
                if (!file.at("/model/vocab").has(contents[i])) {
                    added.addObject()
                            .put("id", id++)
                            .put("content", contents[i])
                            .put("single_word", i % 4 == 2)
                            .put("lstrip", i % 3 == 1)
                            .put("rstrip", i % 4 == 1)
                            .put("normalized", i % 2 == 0)
                            .put("special", i % 4 >= 2);
                }
            }
            assertSame(bytes(file), 13, TEXTS_OF_A_VARIANT);
        }
    }

    @Test
    void givesTheSameIdsForWhateverElseAFileAsksFor() throws IOException {
        for (Pipelines.Shape shape : Pipelines.all()) {
            assertSame(shape.tokenizerJson(), 14, TEXTS_OF_A_SHAPE);
        }
    }

    private static void assertSame(byte[] json, int seed, int count) throws IOException {
        BpeTokenizer tokenizer = BpeTokenizer.fromJson(json);
        Random random = new Random(seed);
        try (HuggingFaceTokenizer reference =
                HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), Map.of("modelMaxLength", "1000000"))) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                texts.add(RandomTexts.next(random));
            }
            for (String text : texts) {
                long[] expected = reference.encode(text, false, false).getIds();
                int[] actual = tokenizer.encode(text, SpecialTokens.ALLOW);
                assertThat(Arrays.stream(actual).asLongStream().toArray())
                        .as(RandomTexts.escaped(text))
                        .isEqualTo(expected);
                assertThat(tokenizer.decode(actual))
                        .as(RandomTexts.escaped(text))
                        .isEqualTo(reference.decode(expected, true));
            }
        }
    }

    private static BpeTokenizer gpt2() throws IOException {
        return BpeTokenizer.fromRanks(resource("r50k_base"), WordPattern.GPT2, Map.of(Vocabulary.END_OF_TEXT, 50256));
    }

    private static BpeTokenizer ranks(String name, WordPattern pattern, int endOfText) throws IOException {
        return BpeTokenizer.fromRanks(resource(name), pattern, Map.of(Vocabulary.END_OF_TEXT, endOfText));
    }

    /** The rank files come with jtokkit. */
    private static byte[] resource(String name) throws IOException {
        try (InputStream in =
                HuggingFaceTest.class.getResourceAsStream("/com/knuddels/jtokkit/" + name + ".tiktoken")) {
            return in.readAllBytes();
        }
    }

    private static BpeTokenizer trained(WordPattern pattern) throws IOException {
        ObjectNode file = tree(Expected.tokenizerJson().getBytes(UTF_8));
        ObjectNode patterned = Json.newObject();
        Pipeline.ofBytes(pattern).write(patterned);
        file.setAll(patterned);
        return BpeTokenizer.fromJson(bytes(file));
    }

    private static ObjectNode tree(byte[] json) throws IOException {
        return (ObjectNode) new ObjectMapper().readTree(json);
    }

    private static byte[] bytes(ObjectNode file) {
        return Json.bytes(file);
    }
}
