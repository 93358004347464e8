package io.maru.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Hugging Face's tokenizer.json, for byte pair encoding.
 *
 * <p>A file is a stranger's: it is bounded before a tree is built, and every id is checked before an array is sized by
 * it. What it asks for is done exactly or refused by name.
 */
final class TokenizerJson {
    static final int MAX_BYTES = Json.MAX_BYTES;

    private TokenizerJson() {}

    static Vocabulary read(byte[] json) {
        return read(Json.read(json, "the file"));
    }

    static Vocabulary read(JsonNode root) {
        Json.require(root, "version", "", "\"1.0\"");
        Json.requireNull(root, "truncation");
        Json.requireNull(root, "padding");
        JsonNode model = Json.object(root.path("model"), "model");
        if (model.has("type")) { // files of 2020 have none
            Json.require(model, "type", "model", "\"BPE\"");
        }
        if (Json.isPresent(model.path("dropout")) && model.path("dropout").asDouble(1) != 0) {
            throw new TokenizerFormatException(
                    "model.dropout", model.path("dropout").toString(), "null");
        }
        requireNoAffix(model, "continuing_subword_prefix");
        requireNoAffix(model, "end_of_word_suffix");
        Pipeline pipeline = new Pipeline(
                root.path("normalizer"), root.path("pre_tokenizer"), root.path("post_processor"), root.path("decoder"));

        JsonNode vocab = Json.object(model.path("vocab"), "model.vocab");
        JsonNode addedTokens = root.path("added_tokens");
        List<AddedToken> added = Json.isPresent(addedTokens) ? readAddedTokens(addedTokens) : List.of();
        Map<String, Integer> ids = readIds(vocab, added);
        String[] tokens = new String[ids.size()];
        ids.forEach((token, id) -> tokens[id] = token);
        if (pipeline.ofBytes()) {
            requireBytes(vocab);
        }
        List<Merge> merges = readMerges(model.path("merges"), ids, vocab);
        refuseSpellableSpecialTokens(added, merges, pipeline.ofBytes());
        Vocabulary vocabulary = new Vocabulary(
                Arrays.asList(tokens),
                vocab.size(),
                merges,
                added,
                readUnknown(model, vocab),
                Json.flag(model, "fuse_unk", "model", false),
                Json.flag(model, "byte_fallback", "model", false),
                Json.flag(model, "ignore_merges", "model", false),
                pipeline);
        requireEveryText(vocabulary, vocab);
        for (List<Integer> template : List.of(pipeline.templateBefore(), pipeline.templateAfter())) {
            for (int id : template) {
                if (id >= tokens.length) {
                    throw new TokenizerFormatException(
                            "post_processor", String.valueOf(id), "an id below " + tokens.length);
                }
            }
        }
        return vocabulary;
    }

    private static int readUnknown(JsonNode model, JsonNode vocab) {
        JsonNode unknown = model.path("unk_token");
        if (!Json.isPresent(unknown)) {
            return Vocabulary.NONE;
        }
        if (!unknown.isTextual() || !vocab.has(unknown.textValue())) {
            throw new TokenizerFormatException("model.unk_token", Json.describe(unknown), "a token of model.vocab");
        }
        return vocab.get(unknown.textValue()).intValue();
    }

    /** Else a text could lose characters without a word. */
    private static void requireEveryText(Vocabulary vocabulary, JsonNode vocab) {
        if (vocabulary.pipeline().ofBytes()) {
            if (vocabulary.bytes()) {
                throw new TokenizerFormatException("model.byte_fallback", "true", "false with ByteLevel");
            }
            return;
        }
        boolean everyByte = vocabulary.bytes();
        for (int b = 0; b < 1 << Byte.SIZE && everyByte; b++) {
            everyByte = vocab.has(singleByte(b));
        }
        if (!everyByte && vocabulary.unknown() == Vocabulary.NONE) {
            throw new TokenizerFormatException(
                    "model.unk_token", "null", "a token for what the vocabulary lacks, or a token for every byte");
        }
    }

    private static void requireBytes(JsonNode vocab) {
        for (byte b : ByteAlphabet.bytes()) {
            String token = String.valueOf(ByteAlphabet.toChar(b));
            if (!vocab.has(token)) {
                throw new TokenizerFormatException("model.vocab", "no \"" + token + "\"", "a token for every byte");
            }
        }
    }

    /** How a vocabulary of characters writes a byte. */
    static String singleByte(int b) {
        return String.format("<0x%02X>", b);
    }

    private static List<AddedToken> readAddedTokens(JsonNode node) {
        Json.array(node, "added_tokens");
        List<AddedToken> added = new ArrayList<>(node.size());
        Set<String> contents = new HashSet<>();
        int bytes = 0;
        for (int i = 0; i < node.size(); i++) {
            JsonNode token = node.get(i);
            String place = "added_tokens[" + i + "]";
            Json.object(token, place);
            JsonNode content = token.path("content");
            if (!content.isTextual() || content.textValue().isEmpty()) {
                throw new TokenizerFormatException(place + ".content", Json.describe(content), "a text");
            }
            Json.requireCharacters(content.textValue(), place + ".content");
            int length = content.textValue().getBytes(StandardCharsets.UTF_8).length;
            bytes += length;
            if (length > AddedTokens.MAX_LENGTH || bytes > AddedTokens.MAX_BYTES) {
                throw new TokenizerFormatException(
                        place + ".content",
                        content.toString(),
                        "at most " + AddedTokens.MAX_LENGTH + " bytes, and " + AddedTokens.MAX_BYTES
                                + " in all of them");
            }
            if (!contents.add(content.textValue())) {
                throw new TokenizerFormatException(place + ".content", content + " again", "each token once");
            }
            added.add(new AddedToken(
                    Json.id(token.path("id"), place + ".id", Vocabulary.MAX_TOKENS),
                    content.textValue(),
                    Json.flag(token, "special", place, false),
                    Json.flag(token, "normalized", place, true),
                    Json.flag(token, "single_word", place, false),
                    Json.flag(token, "lstrip", place, false),
                    Json.flag(token, "rstrip", place, false)));
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
            Json.requireCharacters(token, place);
            int id = Json.id(entry.getValue(), place, vocab.size());
            if (tokenOfId[id] != null) {
                throw new TokenizerFormatException(
                        place, id + ", the id of \"" + tokenOfId[id] + "\"", "an id of its own");
            }
            tokenOfId[id] = token;
            ids.put(token, id);
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
        Json.array(node, "model.merges");
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
            throw new TokenizerFormatException(place, Json.describe(merge), "\"left right\" or [\"left\", \"right\"]");
        }
        return new String[] {
            merge.textValue().substring(0, space), merge.textValue().substring(space + 1)
        };
    }

    /** Else a user could write a text that ends the text. */
    private static void refuseSpellableSpecialTokens(List<AddedToken> added, List<Merge> merges, boolean ofBytes) {
        Set<Integer> merged = new HashSet<>();
        merges.forEach(merge -> merged.add(merge.merged()));
        for (AddedToken token : added) {
            boolean isSymbol = ofBytes
                    ? ByteAlphabet.isByte(token.content())
                    : token.content().codePointCount(0, token.content().length()) == 1;
            if (token.special() && (isSymbol || merged.contains(token.id()))) {
                throw new TokenizerFormatException(
                        "added_tokens",
                        token.content() + ", which ordinary text gives too",
                        "a token that no text gives");
            }
        }
    }

    private static void requireNoAffix(JsonNode model, String key) {
        if (Json.isPresent(model.path(key)) && !model.path(key).asText("?").isEmpty()) {
            throw new TokenizerFormatException("model." + key, Json.describe(model.path(key)), "null");
        }
    }

    static byte[] write(Vocabulary vocabulary) {
        ObjectNode root = Json.newObject();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (AddedToken token : vocabulary.addedTokens()) {
            added.addObject()
                    .put("id", token.id())
                    .put("content", token.content())
                    .put("single_word", token.singleWord())
                    .put("lstrip", token.leftStrip())
                    .put("rstrip", token.rightStrip())
                    .put("normalized", token.normalized())
                    .put("special", token.special());
        }
        vocabulary.pipeline().write(root);
        List<String> tokens = vocabulary.tokens();
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE");
        model.putNull("dropout");
        model.put("unk_token", vocabulary.unknown() == Vocabulary.NONE ? null : tokens.get(vocabulary.unknown()));
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", vocabulary.fusesUnknown());
        model.put("byte_fallback", vocabulary.bytes());
        model.put("ignore_merges", vocabulary.wholeWords());
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < vocabulary.modelTokens(); id++) {
            vocab.put(tokens.get(id), id);
        }
        ArrayNode merges = model.putArray("merges");
        for (Merge merge : vocabulary.merges()) {
            merges.addArray().add(tokens.get(merge.left())).add(tokens.get(merge.right()));
        }
        return Json.bytes(root);
    }

    static byte[] writeConfig(String startOfText, String endOfText, String unknown) {
        ObjectNode root = Json.newObject();
        root.put("tokenizer_class", "PreTrainedTokenizerFast");
        root.put("bos_token", startOfText);
        root.put("eos_token", endOfText);
        root.put("unk_token", unknown);
        // Cleaning up would join what the text had apart, as in "do n't".
        root.put("clean_up_tokenization_spaces", false);
        return Json.bytes(root);
    }
}
