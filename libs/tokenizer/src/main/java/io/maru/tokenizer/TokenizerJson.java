package io.maru.tokenizer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ObjIntConsumer;

/**
 * Hugging Face's tokenizer.json, for byte pair encoding.
 *
 * <p>A file is a stranger's: it is bounded before a tree is built, and every id is checked before an array is sized by
 * it. What it asks for is done exactly or refused by name.
 */
final class TokenizerJson {
    static final int MAX_BYTES = Json.MAX_BYTES;

    private TokenizerJson() {}

    /**
     * A file's parts: its sections but for the two large ones, which a tree would take much memory for.
     *
     * @param root the sections, without {@code model.vocab} and {@code model.merges}
     * @param vocab tokens and what the file has for their ids, in the file's order
     * @param merges goes through the merges, which are as the file has them
     */
    record Parts(ObjectNode root, Map<String, JsonNode> vocab, Merges merges) {}

    /** Tells each merge, and its place among them. */
    interface Merges {
        void forEach(ObjIntConsumer<JsonNode> merge);
    }

    static Vocabulary read(byte[] json) {
        ObjectNode root = Json.newObject();
        ObjectNode[] model = new ObjectNode[1];
        Map<String, JsonNode> vocab = new LinkedHashMap<>();
        Json.read(json, (section, value) -> {
            if (!section.equals("model") || !value.isObject()) {
                root.set(section, value.tree());
                return;
            }
            model[0] = root.putObject("model");
            value.forEach((key, part) -> {
                switch (key) {
                    case "vocab" -> {
                        if (!part.isObject()) {
                            Json.object(part.tree(), "model.vocab");
                        }
                        part.forEach((token, id) -> vocab.put(token, id.tree()));
                        model[0].putObject(key);
                    }
                    case "merges" -> {
                        part.skip();
                        model[0].putArray(key);
                    }
                    default -> model[0].set(key, part.tree());
                }
            });
        });
        // Merges are read once their tokens are known, wherever they stand.
        Merges merges = each -> Json.read(json, (section, value) -> {
            if (!section.equals("model")) {
                value.skip();
                return;
            }
            value.forEach((key, part) -> {
                if (!key.equals("merges")) {
                    part.skip();
                } else if (!part.isArray()) {
                    Json.array(part.tree(), "model.merges");
                } else {
                    part.forEachOfArray((merge, i) -> each.accept(merge.tree(), i));
                }
            });
        });
        return read(new Parts(root, vocab, merges));
    }

    static Vocabulary read(Parts parts) {
        JsonNode root = parts.root();
        Json.require(root, "version", "", "\"1.0\"");
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
        Pipeline pipeline = new Pipeline(root);

        Json.object(model.path("vocab"), "model.vocab");
        Json.array(model.path("merges"), "model.merges");
        JsonNode addedTokens = root.path("added_tokens");
        List<AddedToken> added = Json.isPresent(addedTokens) ? readAddedTokens(addedTokens) : List.of();
        Map<String, Integer> ids = readVocabulary(parts.vocab());
        parts.vocab().clear();
        int modelTokens = 1 + ids.values().stream().mapToInt(id -> id).max().orElse(-1);
        int[] idsOfAdded = idsOfAdded(added, ids, modelTokens);
        int unknown = readUnknown(model, ids);
        boolean bytes = Json.flag(model, "byte_fallback", "model", false);
        requireEveryText(pipeline, ids, bytes);
        List<Merge> merges = readMerges(parts.merges(), ids);
        for (int i = 0; i < added.size(); i++) {
            ids.put(added.get(i).content(), idsOfAdded[i]);
        }
        String[] tokens = new String
                [Math.max(modelTokens, 1 + Arrays.stream(idsOfAdded).max().orElse(-1))];
        ids.forEach((token, id) -> tokens[id] = token);
        refuseSpellableSpecialTokens(added, merges, pipeline.ofBytes());
        for (List<Integer> template : List.of(pipeline.templateBefore(), pipeline.templateAfter())) {
            for (int id : template) {
                if (id >= tokens.length) {
                    throw new TokenizerFormatException(
                            "post_processor", String.valueOf(id), "an id below " + tokens.length);
                }
            }
        }
        return new Vocabulary(
                Arrays.asList(tokens),
                modelTokens,
                merges,
                null,
                new int[0],
                added,
                unknown,
                Json.flag(model, "fuse_unk", "model", false),
                bytes,
                Json.flag(model, "ignore_merges", "model", false),
                pipeline);
    }

    private static int readUnknown(JsonNode model, Map<String, Integer> ids) {
        JsonNode unknown = model.path("unk_token");
        if (!Json.isPresent(unknown)) {
            return Vocabulary.NONE;
        }
        if (!unknown.isTextual() || !ids.containsKey(unknown.textValue())) {
            throw new TokenizerFormatException("model.unk_token", Json.describe(unknown), "a token of model.vocab");
        }
        return ids.get(unknown.textValue());
    }

    /** Whatever a vocabulary of bytes would lose; one of characters may leave out what it does not know. */
    private static void requireEveryText(Pipeline pipeline, Map<String, Integer> ids, boolean bytes) {
        if (pipeline.ofBytes()) {
            if (bytes) {
                throw new TokenizerFormatException("model.byte_fallback", "true", "false with ByteLevel");
            }
            requireBytes(ids);
        } else if (bytes) {
            for (int b = 0; b < 1 << Byte.SIZE; b++) {
                if (!ids.containsKey(singleByte(b))) {
                    throw new TokenizerFormatException(
                            "model.vocab",
                            "no \"" + singleByte(b) + "\"",
                            "a token for every byte, as byte_fallback says");
                }
            }
        }
    }

    private static void requireBytes(Map<String, Integer> ids) {
        for (byte b : ByteAlphabet.bytes()) {
            String token = String.valueOf(ByteAlphabet.toChar(b));
            if (!ids.containsKey(token) && Utf8.isWritten(b)) {
                throw new TokenizerFormatException("model.vocab", "no \"" + token + "\"", "a token for every byte");
            }
        }
    }

    /** How a vocabulary of characters writes a byte. */
    static String singleByte(int b) {
        return String.format(Locale.ROOT, "<0x%02X>", b);
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

    /** Ids by token, each taken once; some may be taken by none. */
    private static Map<String, Integer> readVocabulary(Map<String, JsonNode> vocab) {
        if (vocab.size() > Vocabulary.MAX_TOKENS) {
            throw new TokenizerFormatException(
                    "model.vocab", vocab.size() + " tokens", "at most " + Vocabulary.MAX_TOKENS);
        }
        Map<String, Integer> ids = new HashMap<>(2 * vocab.size());
        String[] tokenOfId = new String[Vocabulary.MAX_TOKENS];
        vocab.forEach((token, node) -> {
            String place = "model.vocab[\"" + token + "\"]";
            Json.requireCharacters(token, place);
            int id = Json.id(node, place, Vocabulary.MAX_TOKENS);
            if (tokenOfId[id] != null) {
                throw new TokenizerFormatException(
                        place, id + ", the id of \"" + tokenOfId[id] + "\"", "an id of its own");
            }
            tokenOfId[id] = token;
            ids.put(token, id);
        });
        return ids;
    }

    /**
     * The ids of the added tokens. One that the model has keeps its id. One that it lacks gets the next free one, so in a
     * file that means what it says they are in order; only where an id of the model's own is taken by no token, as in a
     * vocabulary that was cut, the file's word is all there is.
     */
    private static int[] idsOfAdded(List<AddedToken> added, Map<String, Integer> ids, int modelTokens) {
        boolean whole = modelTokens == ids.size();
        Set<Integer> taken = new HashSet<>();
        int[] result = new int[added.size()];
        int next = modelTokens;
        for (int i = 0; i < result.length; i++) {
            AddedToken token = added.get(i);
            Integer known = ids.get(token.content());
            int id = token.id();
            boolean right = known != null ? id == known : whole ? id == next : id >= modelTokens && taken.add(id);
            if (!right) {
                String expected = known != null
                        ? String.valueOf(known)
                        : whole
                                ? String.valueOf(next)
                                : "an id of its own from " + modelTokens + "; no token of model.vocab has id "
                                        + firstFree(ids, modelTokens);
                throw new TokenizerFormatException(
                        "added_tokens[" + i + "].id", id + " for " + token.content(), expected);
            }
            next += known == null ? 1 : 0;
            result[i] = id;
        }
        return result;
    }

    private static int firstFree(Map<String, Integer> ids, int modelTokens) {
        BitSet taken = new BitSet(modelTokens);
        ids.values().forEach(taken::set);
        return taken.nextClearBit(0);
    }

    private static List<Merge> readMerges(Merges all, Map<String, Integer> ids) {
        List<Merge> merges = new ArrayList<>();
        Set<Long> pairs = new HashSet<>();
        all.forEach((node, i) -> {
            String place = "model.merges[" + i + "]";
            String[] parts = readPair(node, place);
            int left = idOf(parts[0], ids, place);
            int right = idOf(parts[1], ids, place);
            Merge merge = new Merge(left, right, idOf(parts[0] + parts[1], ids, place));
            if (!pairs.add(Merge.pair(merge.left(), merge.right()))) {
                throw new TokenizerFormatException(place, node + " again", "each pair once");
            }
            merges.add(merge);
        });
        return merges;
    }

    private static int idOf(String token, Map<String, Integer> ids, String place) {
        Integer id = ids.get(token);
        if (id == null) {
            throw new TokenizerFormatException(place, "\"" + token + "\"", "a token of model.vocab");
        }
        return id;
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
        Set<Integer> special = new HashSet<>();
        added.stream().filter(AddedToken::special).forEach(token -> special.add(token.id()));
        Set<Integer> merged = new HashSet<>();
        for (Merge merge : merges) {
            for (int id : new int[] {merge.left(), merge.right(), merge.merged()}) {
                if (special.contains(id)) {
                    merged.add(id);
                }
            }
        }
        for (AddedToken token : added) {
            // A character that merges do not know is the same token either way.
            if (token.special() && (ofBytes && ByteAlphabet.isByte(token.content()) || merged.contains(token.id()))) {
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
        if (vocabulary.ranks() != null) {
            throw new TokenizerFormatException(
                    "model.merges", "tokens of equal scores, or of ranks below their parts'", "an order of merges");
        }
        if (vocabulary.characters().length > 0) {
            throw new TokenizerFormatException(
                    "model.vocab", "a token with a character that is none", "a token for each character of one");
        }
        List<String> tokens = vocabulary.tokens();
        ObjectNode sections = Json.newObject();
        vocabulary.pipeline().write(sections);
        return Json.write(out -> {
            out.writeStartObject();
            out.writeStringField("version", "1.0");
            writeSections(out, sections, true);
            out.writeArrayFieldStart("added_tokens");
            for (AddedToken token : vocabulary.addedTokens()) {
                out.writeStartObject();
                out.writeNumberField("id", token.id());
                out.writeStringField("content", token.content());
                out.writeBooleanField("single_word", token.singleWord());
                out.writeBooleanField("lstrip", token.leftStrip());
                out.writeBooleanField("rstrip", token.rightStrip());
                out.writeBooleanField("normalized", token.normalized());
                out.writeBooleanField("special", token.special());
                out.writeEndObject();
            }
            out.writeEndArray();
            writeSections(out, sections, false);
            out.writeObjectFieldStart("model");
            out.writeStringField("type", "BPE");
            out.writeNullField("dropout");
            out.writeStringField(
                    "unk_token", vocabulary.unknown() == Vocabulary.NONE ? null : tokens.get(vocabulary.unknown()));
            out.writeNullField("continuing_subword_prefix");
            out.writeNullField("end_of_word_suffix");
            out.writeBooleanField("fuse_unk", vocabulary.fusesUnknown());
            out.writeBooleanField("byte_fallback", vocabulary.bytes());
            out.writeBooleanField("ignore_merges", vocabulary.wholeWords());
            out.writeObjectFieldStart("vocab");
            for (int id = 0; id < vocabulary.modelTokens(); id++) {
                if (tokens.get(id) != null) {
                    out.writeNumberField(tokens.get(id), id);
                }
            }
            out.writeEndObject();
            out.writeArrayFieldStart("merges");
            for (Merge merge : vocabulary.merges()) {
                out.writeStartArray();
                out.writeString(tokens.get(merge.left()));
                out.writeString(tokens.get(merge.right()));
                out.writeEndArray();
            }
            out.writeEndArray();
            out.writeEndObject();
            out.writeEndObject();
        });
    }

    private static void writeSections(JsonGenerator out, ObjectNode sections, boolean beforeTokens) throws IOException {
        for (Map.Entry<String, JsonNode> section : sections.properties()) {
            if (Pipeline.isBeforeTokens(section.getKey()) == beforeTokens) {
                out.writeFieldName(section.getKey());
                out.writeTree(section.getValue());
            }
        }
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
