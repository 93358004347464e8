package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Hugging Face's tokenizer.json, for byte-level BPE.
 *
 * <p>A file is a stranger's: its size, nesting and number of values are bounded before a tree is built, and every id is
 * checked before an array is sized by it. What it asks for is done exactly or refused by name.
 */
final class TokenizerJson {
    /** Bounds the memory that reading takes; the largest published vocabularies have about 256,000 tokens in 20 MB. */
    static final int MAX_BYTES = 64 << 20;

    private static final int MAX_DEPTH = 16;
    /** A token is 2 JSON tokens, its merge at most 4. */
    private static final int MAX_JSON_TOKENS = 8 * Vocabulary.MAX_TOKENS;

    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(MAX_BYTES)
                            .maxNestingDepth(MAX_DEPTH)
                            .maxTokenCount(MAX_JSON_TOKENS)
                            .maxStringLength(MAX_BYTES)
                            .maxNameLength(MAX_BYTES)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .defaultPrettyPrinter(likeHuggingFace())
            .build();

    private TokenizerJson() {}

    /** As serde's pretty printer writes, so that a file that goes through Maru shows no difference. */
    private static DefaultPrettyPrinter likeHuggingFace() {
        DefaultIndenter lines = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter(Separators.createDefaultInstance()
                .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                .withArrayEmptySeparator("")
                .withObjectEmptySeparator(""));
        printer.indentArraysWith(lines);
        printer.indentObjectsWith(lines);
        return printer;
    }

    static Vocabulary read(byte[] json) {
        if (json.length > MAX_BYTES) {
            throw new TokenizerFormatException("size", "more than " + MAX_BYTES + " bytes", "at most " + MAX_BYTES);
        }
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new TokenizerFormatException("JSON", e.getOriginalMessage(), "well-formed and within bounds", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        requireObject(root, "the file");
        require(root, "version", "\"1.0\"");
        requireNull(root, "truncation");
        requireNull(root, "padding");
        requireNull(root, "normalizer");
        requireByteLevelWords(root.path("pre_tokenizer"));
        // The post-processor moves offsets and the decoder ignores its own flags, so neither changes an id.
        if (isPresent(root.path("post_processor"))) {
            require(root, "post_processor.type", "\"ByteLevel\"");
        }
        require(root, "decoder.type", "\"ByteLevel\"");
        return readModel(root);
    }

    private static void requireByteLevelWords(JsonNode preTokenizer) {
        requireObject(preTokenizer, "pre_tokenizer");
        requireThat(preTokenizer, "type", "pre_tokenizer.type", "\"ByteLevel\"");
        // Both are true where the file is silent.
        requireThat(preTokenizer, "add_prefix_space", "pre_tokenizer.add_prefix_space", "false");
        if (preTokenizer.has("use_regex")) {
            requireThat(preTokenizer, "use_regex", "pre_tokenizer.use_regex", "true");
        }
    }

    private static Vocabulary readModel(JsonNode root) {
        JsonNode model = root.path("model");
        requireObject(model, "model");
        if (model.has("type")) { // files of 2020 have none
            require(root, "model.type", "\"BPE\"");
        }
        if (isPresent(model.path("dropout")) && model.path("dropout").asDouble(1) != 0) {
            throw new TokenizerFormatException(
                    "model.dropout", model.path("dropout").toString(), "null");
        }
        requireNoAffix(model, "continuing_subword_prefix");
        requireNoAffix(model, "end_of_word_suffix");
        requireAbsentOrFalse(model, "byte_fallback");
        requireAbsentOrFalse(model, "ignore_merges");

        JsonNode vocab = model.path("vocab");
        requireObject(vocab, "model.vocab");
        List<AddedToken> added = readAddedTokens(root.path("added_tokens"));
        Map<String, Integer> ids = readIds(vocab, added);
        String[] tokens = new String[ids.size()];
        ids.forEach((token, id) -> tokens[id] = token);
        List<Merge> merges = readMerges(model.path("merges"), ids, vocab);
        refuseSpellableSpecialTokens(added, merges);
        return new Vocabulary(Arrays.asList(tokens), vocab.size(), merges, added);
    }

    private static List<AddedToken> readAddedTokens(JsonNode node) {
        if (!node.isArray()) {
            throw new TokenizerFormatException("added_tokens", describe(node), "an array");
        }
        List<AddedToken> added = new ArrayList<>(node.size());
        Set<String> contents = new HashSet<>();
        for (int i = 0; i < node.size(); i++) {
            JsonNode token = node.get(i);
            String place = "added_tokens[" + i + "]";
            requireObject(token, place);
            for (String flag : List.of("single_word", "lstrip", "rstrip")) {
                if (readFlag(token, flag, place, false)) {
                    throw new TokenizerFormatException(place + "." + flag, "true", "false");
                }
            }
            JsonNode content = token.path("content");
            if (!content.isTextual() || content.textValue().isEmpty()) {
                throw new TokenizerFormatException(place + ".content", describe(content), "a text");
            }
            requireCharacters(content.textValue(), place + ".content");
            if (!contents.add(content.textValue())) {
                throw new TokenizerFormatException(place + ".content", content + " again", "each token once");
            }
            added.add(new AddedToken(
                    readId(token.path("id"), place + ".id", Vocabulary.MAX_TOKENS),
                    content.textValue(),
                    readFlag(token, "special", place, false),
                    readFlag(token, "normalized", place, true)));
        }
        if (!contents.contains(Vocabulary.END_OF_TEXT)) {
            throw new TokenizerFormatException(
                    "added_tokens", added.size() + " tokens", Vocabulary.END_OF_TEXT + " among them");
        }
        return added;
    }

    /** Ids by token; each id from 0 on is taken once, the model's own before those that are only added. */
    private static Map<String, Integer> readIds(JsonNode vocab, List<AddedToken> added) {
        if (vocab.size() > Vocabulary.MAX_TOKENS) {
            throw new TokenizerFormatException(
                    "model.vocab", vocab.size() + " tokens", "at most " + Vocabulary.MAX_TOKENS);
        }
        Map<String, Integer> ids = new HashMap<>();
        String[] tokenOfId = new String[vocab.size()];
        for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
            String token = entry.getKey();
            String place = "model.vocab[\"" + token + "\"]";
            requireCharacters(token, place);
            int id = readId(entry.getValue(), place, vocab.size());
            if (tokenOfId[id] != null) {
                throw new TokenizerFormatException(
                        place, id + ", the id of \"" + tokenOfId[id] + "\"", "an id of its own");
            }
            tokenOfId[id] = token;
            ids.put(token, id);
        }
        for (byte b : ByteAlphabet.bytes()) {
            String token = String.valueOf(ByteAlphabet.toChar(b));
            if (!ids.containsKey(token)) {
                throw new TokenizerFormatException("model.vocab", "no \"" + token + "\"", "a token for every byte");
            }
        }
        // A token that the model lacks gets the next free id, so in a file that means what it says they are in order.
        for (int i = 0; i < added.size(); i++) {
            AddedToken token = added.get(i);
            int id = ids.computeIfAbsent(token.content(), absent -> ids.size());
            if (token.id() != id) {
                throw new TokenizerFormatException(
                        "added_tokens[" + i + "].id", token.id() + " for " + token.content(), String.valueOf(id));
            }
        }
        return ids;
    }

    private static List<Merge> readMerges(JsonNode node, Map<String, Integer> ids, JsonNode vocab) {
        if (!node.isArray()) {
            throw new TokenizerFormatException("model.merges", describe(node), "an array");
        }
        List<Merge> merges = new ArrayList<>(node.size());
        Set<Long> pairs = new HashSet<>();
        for (int i = 0; i < node.size(); i++) {
            String place = "model.merges[" + i + "]";
            String[] parts = readPair(node.get(i), place);
            String merged = parts[0] + parts[1];
            for (String token : List.of(parts[0], parts[1], merged)) {
                if (!vocab.has(token)) {
                    throw new TokenizerFormatException(place, "\"" + token + "\"", "a token of model.vocab");
                }
            }
            Merge merge = new Merge(ids.get(parts[0]), ids.get(parts[1]), ids.get(merged));
            if (!pairs.add(Merge.pair(merge.left(), merge.right()))) {
                throw new TokenizerFormatException(place, node.get(i) + " again", "each pair once");
            }
            merges.add(merge);
        }
        return merges;
    }

    /** Newer files have {@code ["a", "b"]}, older ones {@code "a b"}. */
    private static String[] readPair(JsonNode merge, String place) {
        if (merge.isArray()
                && merge.size() == 2
                && merge.get(0).isTextual()
                && merge.get(1).isTextual()) {
            return new String[] {merge.get(0).textValue(), merge.get(1).textValue()};
        }
        int space = merge.isTextual() ? merge.textValue().indexOf(' ') : -1;
        if (space < 0) {
            throw new TokenizerFormatException(place, describe(merge), "\"left right\" or [\"left\", \"right\"]");
        }
        return new String[] {
            merge.textValue().substring(0, space), merge.textValue().substring(space + 1)
        };
    }

    /** Else a user could write a text that ends the text. */
    private static void refuseSpellableSpecialTokens(List<AddedToken> added, List<Merge> merges) {
        Set<Integer> merged = new HashSet<>();
        merges.forEach(merge -> merged.add(merge.merged()));
        for (AddedToken token : added) {
            if (token.special() && (ByteAlphabet.isByte(token.content()) || merged.contains(token.id()))) {
                throw new TokenizerFormatException(
                        "added_tokens",
                        token.content() + ", which ordinary text gives too",
                        "a token that no text gives");
            }
        }
    }

    private static int readId(JsonNode node, String place, int bound) {
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0 || node.intValue() >= bound) {
            throw new TokenizerFormatException(place, describe(node), "an integer from 0 to " + (bound - 1));
        }
        return node.intValue();
    }

    private static boolean readFlag(JsonNode parent, String key, String place, boolean absent) {
        JsonNode flag = parent.path(key);
        if (isPresent(flag) && !flag.isBoolean()) {
            throw new TokenizerFormatException(place + "." + key, describe(flag), "true or false");
        }
        return flag.asBoolean(absent);
    }

    /** JSON can escape half of a surrogate pair, which no UTF-8 can hold. */
    private static void requireCharacters(String text, String place) {
        if (!UTF_8.newEncoder().canEncode(text)) {
            throw new TokenizerFormatException(place, "a surrogate without its partner", "Unicode characters");
        }
    }

    private static boolean isPresent(JsonNode node) {
        return !node.isMissingNode() && !node.isNull();
    }

    private static void requireObject(JsonNode node, String place) {
        if (!node.isObject()) {
            throw new TokenizerFormatException(place, describe(node), "an object");
        }
    }

    private static void requireNull(JsonNode root, String key) {
        if (isPresent(root.path(key))) {
            throw new TokenizerFormatException(key, describe(root.path(key)), "null");
        }
    }

    private static void requireNoAffix(JsonNode model, String key) {
        if (isPresent(model.path(key)) && !model.path(key).asText("?").isEmpty()) {
            throw new TokenizerFormatException("model." + key, describe(model.path(key)), "null");
        }
    }

    private static void requireAbsentOrFalse(JsonNode model, String key) {
        if (isPresent(model.path(key))) {
            requireThat(model, key, "model." + key, "false");
        }
    }

    private static void require(JsonNode root, String path, String expectedJson) {
        JsonNode node = root;
        for (String key : path.split("\\.", -1)) {
            node = node.path(key);
        }
        requireJson(node, path, expectedJson);
    }

    private static void requireThat(JsonNode parent, String key, String place, String expectedJson) {
        requireJson(parent.path(key), place, expectedJson);
    }

    private static void requireJson(JsonNode node, String place, String expectedJson) {
        if (!node.toString().equals(expectedJson)) {
            throw new TokenizerFormatException(place, describe(node), expectedJson);
        }
    }

    private static String describe(JsonNode node) {
        return node.isMissingNode() ? "nothing" : node.isContainerNode() ? describeContainer(node) : node.toString();
    }

    private static String describeContainer(JsonNode node) {
        JsonNode type = node.path("type");
        return type.isTextual() ? "type " + type : node.getNodeType() + " of " + node.size();
    }

    static byte[] write(Vocabulary vocabulary) {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (AddedToken token : vocabulary.addedTokens()) {
            added.addObject()
                    .put("id", token.id())
                    .put("content", token.content())
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", token.normalized())
                    .put("special", token.special());
        }
        root.putNull("normalizer");
        putByteLevel(root, "pre_tokenizer", false, true);
        putByteLevel(root, "post_processor", true, false);
        putByteLevel(root, "decoder", true, true);
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put("ignore_merges", false);
        List<String> tokens = vocabulary.tokens();
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < vocabulary.modelTokens(); id++) {
            vocab.put(tokens.get(id), id);
        }
        ArrayNode merges = model.putArray("merges");
        for (Merge merge : vocabulary.merges()) {
            merges.addArray().add(tokens.get(merge.left())).add(tokens.get(merge.right()));
        }
        return bytes(root);
    }

    private static void putByteLevel(ObjectNode root, String key, boolean addPrefixSpace, boolean trimOffsets) {
        root.putObject(key)
                .put("type", "ByteLevel")
                .put("add_prefix_space", addPrefixSpace)
                .put("trim_offsets", trimOffsets)
                .put("use_regex", true);
    }

    static byte[] writeConfig() {
        ObjectNode root = JSON.createObjectNode();
        root.put("tokenizer_class", "PreTrainedTokenizerFast");
        root.put("bos_token", Vocabulary.END_OF_TEXT);
        root.put("eos_token", Vocabulary.END_OF_TEXT);
        root.put("unk_token", Vocabulary.END_OF_TEXT);
        // Cleaning up would join what the text had apart, as in "do n't".
        root.put("clean_up_tokenization_spaces", false);
        return bytes(root);
    }

    private static byte[] bytes(ObjectNode root) {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers could not be written", e);
        }
    }
}
