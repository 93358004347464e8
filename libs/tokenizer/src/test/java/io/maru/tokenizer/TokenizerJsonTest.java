package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerJsonTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ObjectNode file;

    @BeforeEach
    void startsFromAGoodFile() throws IOException {
        file = (ObjectNode) JSON.readTree(Expected.tokenizerJson());
    }

    @Test
    void writesTheBytesThatItRead() {
        assertThat(read().toJson()).asString(UTF_8).isEqualTo(Expected.tokenizerJson());
    }

    @Test
    void readsAFile(@TempDir Path folder) throws IOException {
        Path path = folder.resolve("tokenizer.json");
        Files.writeString(path, Expected.tokenizerJson());
        assertThat(BpeTokenizer.read(path).vocabularySize()).isEqualTo(Expected.vocabularySize());
    }

    @Test
    void readsMergesInTheOlderForm() {
        ArrayNode merges = (ArrayNode) file.at("/model/merges");
        for (int i = 0; i < merges.size(); i++) {
            JsonNode pair = merges.get(i);
            merges.set(i, pair.get(0).textValue() + " " + pair.get(1).textValue());
        }
        assertThat(read().toJson()).asString(UTF_8).isEqualTo(Expected.tokenizerJson());
    }

    @Test
    void readsAModelWithoutType() {
        model().remove("type");
        assertThat(read().toJson()).asString(UTF_8).isEqualTo(Expected.tokenizerJson());
    }

    @Test
    void readsEmptyAffixesAsNone() {
        model().put("continuing_subword_prefix", "")
                .put("end_of_word_suffix", "")
                .remove("ignore_merges");
        assertThat(read().toJson()).asString(UTF_8).isEqualTo(Expected.tokenizerJson());
    }

    @Test
    void keepsTokensThatAreOnlyAdded() throws IOException {
        add("<|user|>", 330, true);
        add("<tool>", 331, false);
        BpeTokenizer tokenizer = read();
        assertThat(tokenizer.vocabularySize()).isEqualTo(332);
        assertThat(tokenizer.bytes(330)).isEmpty();
        assertThat(tokenizer.decode(331, 330)).isEqualTo("<tool>");
        assertThat(JSON.readTree(tokenizer.toJson())).isEqualTo(file);
    }

    @Test
    void namesTheEndOfTextInTheConfiguration() throws IOException {
        JsonNode config = JSON.readTree(read().configJson());
        assertThat(config.path("eos_token").textValue()).isEqualTo("<|endoftext|>");
        assertThat(config.path("tokenizer_class").textValue()).isEqualTo("PreTrainedTokenizerFast");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '`',
            value = {
                "/normalizer ¦ `{\"type\": \"Precompiled\"}` ¦ normalizer: type \"Precompiled\" (expected: null, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Prepend, Replace, or a Sequence of them)",
                "/normalizer ¦ `{\"type\": \"BertNormalizer\"}` ¦ normalizer: type \"BertNormalizer\" (expected: null, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Prepend, Replace, or a Sequence of them)",
                "/normalizer ¦ `{\"type\": \"Prepend\", \"prepend\": 1}` ¦ normalizer.prepend: 1 (expected: a text)",
                "/normalizer ¦ `{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, {}]}` ¦ normalizer.normalizers[1].type: nothing (expected: a text)",
                "/pre_tokenizer ¦ null ¦ decoder: type \"ByteLevel\" (expected: null, ByteLevel, Metaspace, or a Sequence of Replace, ByteFallback, Fuse and Strip)",
                "/pre_tokenizer/type ¦ `\"BertPreTokenizer\"` ¦ pre_tokenizer: type \"BertPreTokenizer\" (expected: null, ByteLevel, Metaspace, Split, Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit, or a Sequence of them)",
                "/pre_tokenizer ¦ `{\"type\": \"UnicodeScripts\"}` ¦ pre_tokenizer: type \"UnicodeScripts\" (expected: null, ByteLevel, Metaspace, Split, Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit, or a Sequence of them)",
                "/pre_tokenizer ¦ `{\"type\": \"Sequence\", \"pretokenizers\": [{\"type\": \"ByteLevel\"}, {\"type\": \"ByteLevel\"}]}` ¦ pre_tokenizer.pretokenizers[1]: ByteLevel again (expected: one of them)",
                "/pre_tokenizer ¦ `{\"type\": \"Split\", \"pattern\": {\"Regex\": \"a(?=bc)\"}, \"behavior\": \"Isolated\"}` ¦ pre_tokenizer.pattern.Regex: (?=bc, which looks at more than one character, in a(?=bc) (expected: a known pattern, or one that linear time can match)",
                "/pre_tokenizer ¦ `{\"type\": \"Split\", \"pattern\": {\"Regex\": \"a\"}, \"behavior\": \"Merged\"}` ¦ pre_tokenizer.behavior: Merged (expected: Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous)",
                "/post_processor/type ¦ `\"PadProcessing\"` ¦ post_processor: type \"PadProcessing\" (expected: null, ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing, or a Sequence of them)",
                "/post_processor ¦ `{\"type\": \"BertProcessing\", \"cls\": [\"a\", 65], \"sep\": [\"b\", 330]}` ¦ post_processor: 330 (expected: an id below 330)",
                "/decoder/type ¦ `\"WordPiece\"` ¦ decoder: type \"WordPiece\" (expected: type \"ByteLevel\")",
                "/model/byte_fallback ¦ true ¦ model.byte_fallback: true (expected: false with ByteLevel)",
                "/model/unk_token ¦ `\"zz\"` ¦ model.unk_token: \"zz\" (expected: a token of model.vocab)",
                "/added_tokens/0/lstrip ¦ 1 ¦ added_tokens[0].lstrip: 1 (expected: true or false)",
                "/version ¦ `\"2.0\"` ¦ version: \"2.0\" (expected: \"1.0\")",
                "/model ¦ 7 ¦ model: 7 (expected: an object)",
                "/model/type ¦ `\"Unigram\"` ¦ model.type: \"Unigram\" (expected: \"BPE\")",
                "/model/dropout ¦ 0.1 ¦ model.dropout: 0.1 (expected: null)",
                "/model/continuing_subword_prefix ¦ `\"##\"` ¦ model.continuing_subword_prefix: \"##\" (expected: null)",
                "/model/end_of_word_suffix ¦ `\"</w>\"` ¦ model.end_of_word_suffix: \"</w>\" (expected: null)",
                "/model/vocab ¦ [] ¦ model.vocab: ARRAY of 0 (expected: an object)",
                "/model/vocab/a ¦ 9999999 ¦ model.vocab[\"a\"]: 9999999 (expected: an integer from 0 to 524287)",
                "/model/vocab/a ¦ -1 ¦ model.vocab[\"a\"]: -1 (expected: an integer from 0 to 524287)",
                "/model/vocab/a ¦ 1.5 ¦ model.vocab[\"a\"]: 1.5 (expected: an integer from 0 to 524287)",
                "/model/vocab/a ¦ 99999999999999999999 ¦ model.vocab[\"a\"]: 99999999999999999999 (expected: an integer from 0 to 524287)",
                "/model/vocab/b ¦ 65 ¦ model.vocab[\"b\"]: 65, the id of \"a\" (expected: an id of its own)",
                "/model/merges ¦ null ¦ model.merges: null (expected: an array)",
                "/model/merges/0 ¦ `\"ab\"` ¦ model.merges[0]: \"ab\" (expected: \"left right\" or [\"left\", \"right\"])",
                "/model/merges/0 ¦ `[\"a\", \"b\", \"c\"]` ¦ model.merges[0]: ARRAY of 3 (expected: \"left right\" or [\"left\", \"right\"])",
                "/model/merges/0 ¦ `[\"a\", 7]` ¦ model.merges[0]: ARRAY of 2 (expected: \"left right\" or [\"left\", \"right\"])",
                "/model/merges/0 ¦ `\"zz a\"` ¦ model.merges[0]: \"zz\" (expected: a token of model.vocab)",
                "/model/merges/0 ¦ `\"a zz\"` ¦ model.merges[0]: \"zz\" (expected: a token of model.vocab)",
                "/model/merges/0 ¦ `\"z z\"` ¦ model.merges[0]: \"zz\" (expected: a token of model.vocab)",
                "/model/merges/0 ¦ `\"a \"` ¦ model.merges[0]: \"\" (expected: a token of model.vocab)",
                "/added_tokens ¦ {} ¦ added_tokens: OBJECT of 0 (expected: an array)",
                "/added_tokens/0/id ¦ 3 ¦ added_tokens[0].id: 3 for <|endoftext|> (expected: 0)",
                "/added_tokens/0/content ¦ `\"\"` ¦ added_tokens[0].content: \"\" (expected: a text)",
                "/added_tokens/0/special ¦ `\"yes\"` ¦ added_tokens[0].special: \"yes\" (expected: true or false)",
            })
    void refusesByNameWhatItWouldNotDoExactly(String pointer, String value, String message) throws IOException {
        put(pointer, JSON.readTree(value));
        assertRefused(message);
    }

    @Test
    void keepsTruncationAndPaddingAndCutsOrFillsNothing() throws IOException {
        int[] ids = read().encode("a house and another house");
        file.set("truncation", JSON.readTree("{\"direction\": \"Right\", \"max_length\": 2}"));
        file.set("padding", JSON.readTree("{\"strategy\": {\"Fixed\": 64}, \"pad_id\": 0}"));
        assertThat(read().encode("a house and another house")).isEqualTo(ids);
        assertThat(read().toJson()).asString(UTF_8).isEqualTo(new String(Json.bytes(file), UTF_8));
    }

    @Test
    void takesAnIdThatNoTokenHasForUnused() throws IOException {
        int[] ids = read().encode("a house");
        vocab().put("<|last|>", 331);
        add("<|user|>", 332, true);
        BpeTokenizer tokenizer = read();
        assertThat(tokenizer.vocabularySize()).isEqualTo(333);
        assertThat(tokenizer.encode("a house")).isEqualTo(ids);
        assertThat(tokenizer.encode("<|user|>", SpecialTokens.ALLOW)).containsExactly(332);
        assertThat(tokenizer.bytes(330)).isEmpty();
        assertThat(JSON.readTree(tokenizer.toJson())).isEqualTo(file);
    }

    @Test
    void namesTheIdThatNoTokenHasWhereAnAddedTokenWouldTakeIt() throws IOException {
        vocab().put("<|last|>", 331);
        add("<|user|>", 330, true);
        assertRefused(
                "added_tokens[1].id: 330 for <|user|> (expected: an id of its own from 332; no token of model.vocab"
                        + " has id 330)");
    }

    @Test
    void knowsMergesThatStandBeforeTheVocabulary() throws IOException {
        ObjectNode model = model();
        ObjectNode turned = JSON.createObjectNode();
        turned.set("merges", model.get("merges"));
        turned.set("vocab", model.get("vocab"));
        turned.put("type", "BPE");
        int[] ids = read().encode("the floor of the old house");
        file.set("model", turned);
        assertThat(read().encode("the floor of the old house")).isEqualTo(ids);
    }

    @Test
    void writesASpaceBetweenTokensWhereAFileHasNoDecoder() {
        file.putNull("decoder");
        int[] ids = read().encode("the floor");
        assertThat(read().decode(ids)).isEqualTo("t he Ġfloor");
        Utf8Stream stream = read().newStream();
        StringBuilder streamed = new StringBuilder();
        for (int id : ids) {
            streamed.append(stream.append(id));
        }
        assertThat(streamed.append(stream.finish())).hasToString(read().decode(ids));
    }

    @Test
    void takesSilenceForAPrefixSpace() {
        BpeTokenizer without = read();
        ((ObjectNode) file.get("pre_tokenizer")).remove("add_prefix_space");
        assertThat(read().encode("house")).isEqualTo(without.encode(" house"));
        assertThat(read().encode(" house")).isEqualTo(without.encode(" house"));
    }

    @Test
    void needsTheEndOfATextOnlyWhereItIsAskedFor() {
        file.putArray("added_tokens");
        assertThat(read().decode(read().encode("house"))).isEqualTo("house");
        assertThatThrownBy(() -> read().endOfText())
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("added_tokens: 0 tokens");
    }

    @Test
    void putsATemplateAroundATextOnlyWhenAsked() throws IOException {
        file.set("post_processor", JSON.readTree("""
                {"type": "TemplateProcessing",
                 "single": [{"SpecialToken": {"id": "a", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                 "pair": [], "special_tokens": {"a": {"id": "a", "ids": [0], "tokens": ["a"]}}}"""));
        assertThat(read().withTemplate(new int[] {5, 6})).containsExactly(0, 5, 6);
        assertThat(read().encode("a")).hasSize(1);
        assertThat(JSON.readTree(read().toJson())).isEqualTo(file);
    }

    @Test
    void refusesAVocabularyThatLacksAByte() {
        JsonNode last = vocab().remove("a");
        String longest = file.at("/model/merges/72/0").textValue()
                + file.at("/model/merges/72/1").textValue();
        vocab().set(longest, last);
        assertRefused("model.vocab: no \"a\" (expected: a token for every byte)");
    }

    @Test
    void refusesAMergeGivenTwice() {
        ArrayNode merges = (ArrayNode) file.at("/model/merges");
        merges.add(merges.get(0));
        assertRefused("model.merges[73]: " + merges.get(0) + " again (expected: each pair once)");
    }

    @Test
    void refusesATokenAddedTwice() throws IOException {
        add("<|endoftext|>", 0, true);
        assertRefused("added_tokens[1].content: \"<|endoftext|>\" again (expected: each token once)");
    }

    @Test
    void refusesAnAddedTokenOutOfOrder() throws IOException {
        add("<|user|>", 331, true);
        assertRefused("added_tokens[1].id: 331 for <|user|> (expected: 330)");
    }

    @Test
    void refusesASpecialTokenThatOrdinaryTextGives() throws IOException {
        add("a", 65, true);
        assertRefused("added_tokens: a, which ordinary text gives too (expected: a token that no text gives)");
    }

    @Test
    void refusesASpecialTokenThatAMergeMakes() throws IOException {
        String merged = file.at("/model/merges/0/0").textValue()
                + file.at("/model/merges/0/1").textValue();
        add(merged, 257, true);
        assertThatThrownBy(this::read).hasMessageContaining("which ordinary text gives too");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\ud800", "\\udc00", "\\udc00\\ud800", "x\\ud800x"})
    void refusesHalfASurrogatePair(String half) {
        for (String place : new String[] {"\"<|endoftext|>\":", "\"<|endoftext|>\","}) {
            String broken = file.toString().replace(place, place.replace("<|endoftext|>", half));
            assertThatThrownBy(() -> BpeTokenizer.fromJson(broken.getBytes(UTF_8)))
                    .isInstanceOf(TokenizerFormatException.class)
                    .hasMessageContaining("urrogate");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "null", "[]", "{", "{} {}", "{\"version\":\"1.0\",\"version\":\"1.0\"}", "\u0000", "{}"})
    void refusesWhatIsNoTokenizerJson(String json) {
        assertThatThrownBy(() -> BpeTokenizer.fromJson(json.getBytes(UTF_8)))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageStartingWith("tokenizer.json: ");
    }

    @Test
    void refusesInvalidUtf8() {
        assertThatThrownBy(() -> BpeTokenizer.fromJson(new byte[] {'{', '"', (byte) 0xC3, '"'}))
                .isInstanceOf(TokenizerFormatException.class);
    }

    @Test
    void refusesDeepNestingBeforeTheStackOverflows() {
        byte[] nested = "[".repeat(1_000_000).getBytes(UTF_8);
        assertThatThrownBy(() -> BpeTokenizer.fromJson(nested))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("nesting depth");
    }

    @Test
    void refusesMoreValuesThanAnyVocabularyHas() {
        byte[] many = ("{\"model\": [" + "0,".repeat(5_000_000) + "0]}").getBytes(UTF_8);
        assertThatThrownBy(() -> BpeTokenizer.fromJson(many))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("Token count");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(?:(?:a{999}){999}){999}",
                "a*+",
                "(?<=a)b",
                "(a)\\\\1",
                "^a",
                "\\\\bA",
                "\\\\p{Klingon}",
                "a*",
                "a(?!bc)",
                "(?>a|ab)c",
                "(?:ab)++c",
                "(?i:ss)",
                "(?i:\\u00e9)",
                "\\\\p{"
            })
    void refusesAPatternThatLinearTimeOrItsTablesDoNotKnow(String regex) throws IOException {
        file.set("pre_tokenizer", JSON.readTree("""
                {"type": "Sequence", "pretokenizers": [
                 {"type": "Split", "pattern": {"Regex": "%s"}, "behavior": "Isolated", "invert": false},
                 {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}""".formatted(regex)));
        assertThatThrownBy(this::read)
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("pre_tokenizer.pretokenizers[0].pattern.Regex");
    }

    @Test
    void refusesMoreTextInAddedTokensThanAnyModelHas() throws IOException {
        for (int i = 0; i < 3_000; i++) {
            add("<" + i + "x".repeat(400), 330 + i, true);
        }
        assertThatThrownBy(this::read).hasMessageContaining("in all of them");
    }

    @Test
    void refusesAFileBeyondItsBound() {
        byte[] large = new byte[TokenizerJson.MAX_BYTES + 1];
        assertThatThrownBy(() -> BpeTokenizer.fromJson(large))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageContaining("size: more than " + TokenizerJson.MAX_BYTES);
    }

    @Test
    void refusesATextLongerThanAnyTokenIs() {
        for (String endless : new String[] {"{\"version\": \"", "{\""}) {
            byte[] json = (endless + "x".repeat(2 << 20) + "\"}").getBytes(UTF_8);
            assertThatThrownBy(() -> BpeTokenizer.fromJson(json))
                    .isInstanceOf(TokenizerFormatException.class)
                    .hasMessageContaining("exceeds the maximum");
        }
    }

    @Test
    void saysWhereItIsNoJson() {
        assertThatThrownBy(() -> BpeTokenizer.fromJson("{\n  \"a\": }".getBytes(UTF_8)))
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessageStartingWith("tokenizer.json: JSON, line 2, column 8: Unexpected character");
    }

    @Test
    void quotesOnlyTheStartOfALongFault() {
        file.put("version", "x".repeat(100_000));
        assertThatThrownBy(this::read)
                .satisfies(refusal -> assertThat(refusal.getMessage()).hasSizeLessThan(300));
    }

    private BpeTokenizer read() {
        return BpeTokenizer.fromJson(file.toString().getBytes(UTF_8));
    }

    private void assertRefused(String message) {
        assertThatThrownBy(this::read)
                .isInstanceOf(TokenizerFormatException.class)
                .hasMessage("tokenizer.json: " + message);
    }

    private ObjectNode model() {
        return (ObjectNode) file.get("model");
    }

    private ObjectNode vocab() {
        return (ObjectNode) file.at("/model/vocab");
    }

    private void add(String content, int id, boolean special) throws IOException {
        ObjectNode token = file.at("/added_tokens/0").deepCopy();
        token.put("content", content).put("id", id).put("special", special);
        ((ArrayNode) file.get("added_tokens")).add(token);
    }

    private void put(String pointer, JsonNode value) {
        int slash = pointer.lastIndexOf('/');
        JsonNode parent = file.at(pointer.substring(0, slash));
        String key = pointer.substring(slash + 1);
        if (parent instanceof ArrayNode array) {
            array.set(Integer.parseInt(key), value);
        } else {
            ((ObjectNode) parent).set(key, value);
        }
    }
}
