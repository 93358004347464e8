package io.maru.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What a tokenizer.json does around its model: normaliser, pre-tokeniser, post-processor and decoder. They are kept as
 * they were written, so that a file that goes through Maru shows no difference.
 */
final class Pipeline {
    private static final String BYTE_LEVEL = "ByteLevel";

    private final JsonNode normalizerJson;
    private final JsonNode preTokenizerJson;
    private final JsonNode postProcessorJson;
    private final JsonNode decoderJson;

    private Normalizer normalizer = Normalizer.NONE;
    /** Null while there is none. */
    private Splitter splitter;

    private boolean normalizesFirst;
    private boolean ofBytes;
    private boolean singleBytes;
    private Decoder.Start decoderStart = Decoder.Start.NOTHING;
    private final List<Integer> templateBefore = new ArrayList<>();
    private final List<Integer> templateAfter = new ArrayList<>();

    /** @throws TokenizerFormatException for whatever this library would not do exactly */
    Pipeline(JsonNode normalizer, JsonNode preTokenizer, JsonNode postProcessor, JsonNode decoder) {
        normalizerJson = orNull(normalizer);
        preTokenizerJson = orNull(preTokenizer);
        postProcessorJson = orNull(postProcessor);
        decoderJson = orNull(decoder);
        readNormalizer(normalizer, "normalizer");
        normalizesFirst = !this.normalizer.isNone();
        readPreTokenizer(preTokenizer, "pre_tokenizer");
        if (splitter != null && !ofBytes && !(splitter instanceof MarkSplitter)) {
            throw unknown(preTokenizer, "pre_tokenizer", "ByteLevel at its end");
        }
        readPostProcessor(postProcessor, "post_processor");
        readDecoder(decoder);
    }

    private Pipeline(Normalizer normalizer) {
        this(NullNode.instance, NullNode.instance, NullNode.instance, likeLlama());
        this.normalizer = normalizer;
        normalizesFirst = true;
    }

    /** Builds the pipeline of GPT-2's file; with another pattern, that of Llama 3's. */
    static Pipeline ofBytes(WordPattern pattern) {
        JsonNode words = byteLevel(false, true, true);
        if (pattern != WordPattern.GPT2) {
            ObjectNode sequence = object("Sequence");
            ObjectNode split = sequence.putArray("pretokenizers").addObject();
            split.put("type", "Split");
            split.putObject("pattern").put("Regex", pattern.regex());
            split.put("behavior", "Isolated").put("invert", false);
            ((ArrayNode) sequence.get("pretokenizers")).add(byteLevel(false, true, false));
            words = sequence;
        }
        return new Pipeline(NullNode.instance, words, byteLevel(true, false, true), byteLevel(true, true, true));
    }

    /** Builds the pipeline of SentencePiece, for which a tokenizer.json has no words. */
    static Pipeline ofSentencePiece(Normalizer normalizer) {
        return new Pipeline(normalizer);
    }

    Normalizer normalizer() {
        return normalizer;
    }

    /** Cuts into words; all of a piece is one where the file says nothing. */
    Splitter splitter() {
        return splitter == null ? Splitter.none() : splitter;
    }

    boolean splits() {
        return splitter != null;
    }

    /** Whether the vocabulary is written in the {@link ByteAlphabet}. */
    boolean ofBytes() {
        return ofBytes;
    }

    /** Whether decoding takes {@code <0xAB>} for a byte. */
    boolean singleBytes() {
        return singleBytes;
    }

    Decoder.Start decoderStart() {
        return decoderStart;
    }

    /** Ids that belong before a text by the file's template. */
    List<Integer> templateBefore() {
        return templateBefore;
    }

    List<Integer> templateAfter() {
        return templateAfter;
    }

    /** @throws TokenizerFormatException if the file would say something else than this does */
    void write(ObjectNode root) {
        if (normalizer.trims()) {
            throw new TokenizerFormatException(
                    "normalizer", "SentencePiece's, which drops spaces", "one that tokenizer.json can write");
        }
        root.set("normalizer", normalizerJson);
        root.set("pre_tokenizer", preTokenizerJson);
        root.set("post_processor", postProcessorJson);
        root.set("decoder", decoderJson);
    }

    /** How an added token that is looked for in normalised text is written there; a pre-tokeniser comes after that. */
    String normalizeAdded(String content) {
        return normalizesFirst ? normalizer.apply(content, false) : content;
    }

    /** Whether it is the file's normaliser that normalises, and not its pre-tokeniser. */
    boolean normalizesFirst() {
        return normalizesFirst;
    }

    private void readNormalizer(JsonNode node, String place) {
        if (isAbsent(node)) {
            return;
        }
        switch (Json.type(node, place)) {
            case "Sequence" -> {
                JsonNode parts = Json.array(node.path("normalizers"), place + ".normalizers");
                for (int i = 0; i < parts.size(); i++) {
                    readNormalizer(parts.get(i), place + ".normalizers[" + i + "]");
                }
            }
            case "Prepend" -> {
                Json.require(node, "prepend", place, "\"" + Normalizer.MARK + "\"");
                if (!normalizer.prefix().isEmpty()) {
                    throw new TokenizerFormatException(place, "Prepend again", "one of them");
                }
                normalizer = new Normalizer(Normalizer.MARK, Normalizer.When.ALWAYS, normalizer.space(), false);
            }
            case "Replace" -> {
                Json.require(node.path("pattern"), "String", place + ".pattern", "\" \"");
                Json.require(node, "content", place, "\"" + Normalizer.MARK + "\"");
                normalizer = new Normalizer(normalizer.prefix(), normalizer.when(), Normalizer.MARK, false);
            }
            default -> throw unknown(node, place, "null, Prepend, Replace, or a Sequence of them");
        }
    }

    private void readPreTokenizer(JsonNode node, String place) {
        if (isAbsent(node)) {
            return;
        }
        if (ofBytes || normalizer.when() != Normalizer.When.ALWAYS) {
            throw unknown(node, place, "nothing after ByteLevel or Metaspace");
        }
        switch (Json.type(node, place)) {
            case "Sequence" -> {
                JsonNode parts = Json.array(node.path("pretokenizers"), place + ".pretokenizers");
                for (int i = 0; i < parts.size(); i++) {
                    readPreTokenizer(parts.get(i), place + ".pretokenizers[" + i + "]");
                }
            }
            case "Split" -> thenSplit(split(node, place));
            case "Digits" -> {
                boolean single = Json.flag(node, "individual_digits", place, false);
                thenSplit(new RegexSplitter(single ? "\\p{N}" : "\\p{N}+", place));
            }
            case BYTE_LEVEL -> readByteLevel(node, place);
            case "Metaspace" -> readMetaspace(node, place);
            default -> throw unknown(node, place, "null, ByteLevel, Metaspace, Split, Digits, or a Sequence of them");
        }
    }

    private void thenSplit(Splitter next) {
        splitter = splitter == null ? next : splitter.then(next);
    }

    private static Splitter split(JsonNode node, String place) {
        JsonNode pattern = node.path("pattern").path("Regex");
        if (!pattern.isTextual()) {
            throw new TokenizerFormatException(
                    place + ".pattern", Json.describe(node.path("pattern")), "{\"Regex\": ...}");
        }
        WordPattern known = WordPattern.of(pattern.textValue()).orElse(null);
        boolean inverted = Json.flag(node, "invert", place, false);
        String behavior = Json.text(node, "behavior", place);
        // Every character is in a match of the known ones, so to keep the matches or to isolate them is the same.
        boolean exact = behavior.equals("Isolated") || (known != null && behavior.equals("Removed") && inverted);
        if (!exact) {
            throw new TokenizerFormatException(place + ".behavior", behavior, "\"Isolated\"");
        }
        return known != null ? known : new RegexSplitter(pattern.textValue(), place + ".pattern.Regex");
    }

    private void readByteLevel(JsonNode node, String place) {
        if (!normalizer.isNone()) {
            throw new TokenizerFormatException("normalizer", Json.describe(normalizerJson), "null");
        }
        // Both are true where the file is silent.
        if (Json.flag(node, "add_prefix_space", place, true)) {
            if (splitter != null) {
                throw new TokenizerFormatException(place + ".add_prefix_space", "true", "false after another");
            }
            normalizer = new Normalizer(" ", Normalizer.When.UNLESS_PRESENT, " ", false);
        }
        if (Json.flag(node, "use_regex", place, true)) {
            thenSplit(WordPattern.GPT2);
        }
        ofBytes = true;
    }

    private void readMetaspace(JsonNode node, String place) {
        if (!normalizer.isNone() || splitter != null) {
            throw new TokenizerFormatException(place, "Metaspace after another", "Metaspace alone");
        }
        Json.require(node, "replacement", place, "\"" + Normalizer.MARK + "\"");
        String scheme = node.has("prepend_scheme")
                ? Json.text(node, "prepend_scheme", place)
                : Json.flag(node, "add_prefix_space", place, true) ? "always" : "never";
        normalizer = switch (scheme) {
            case "always" -> new Normalizer(Normalizer.MARK, Normalizer.When.UNLESS_PRESENT, Normalizer.MARK, false);
            case "first" ->
                new Normalizer(Normalizer.MARK, Normalizer.When.AT_START_UNLESS_PRESENT, Normalizer.MARK, false);
            case "never" -> new Normalizer("", Normalizer.When.UNLESS_PRESENT, Normalizer.MARK, false);
            default -> throw new TokenizerFormatException(place + ".prepend_scheme", scheme, "always, first or never");
        };
        if (Json.flag(node, "split", place, true)) {
            splitter = new MarkSplitter(true);
        }
    }

    private void readPostProcessor(JsonNode node, String place) {
        if (isAbsent(node)) {
            return;
        }
        switch (Json.type(node, place)) {
            case "Sequence" -> {
                JsonNode parts = Json.array(node.path("processors"), place + ".processors");
                for (int i = 0; i < parts.size(); i++) {
                    readPostProcessor(parts.get(i), place + ".processors[" + i + "]");
                }
            }
            case BYTE_LEVEL -> {} // moves offsets alone
            case "TemplateProcessing" -> readTemplate(node, place);
            default -> throw unknown(node, place, "null, ByteLevel, TemplateProcessing, or a Sequence of them");
        }
    }

    private void readTemplate(JsonNode node, String place) {
        JsonNode single = Json.array(node.path("single"), place + ".single");
        boolean afterText = false;
        for (int i = 0; i < single.size(); i++) {
            JsonNode part = single.get(i);
            if (part.has("Sequence") && !afterText) {
                afterText = true;
                continue;
            }
            String token = Json.text(part.path("SpecialToken"), "id", place + ".single[" + i + "].SpecialToken");
            String idsPlace = place + ".special_tokens[\"" + token + "\"].ids";
            JsonNode ids = Json.array(node.path("special_tokens").path(token).path("ids"), idsPlace);
            for (int j = 0; j < ids.size(); j++) {
                int id = Json.id(ids.get(j), idsPlace + "[" + j + "]", Vocabulary.MAX_TOKENS);
                (afterText ? templateAfter : templateBefore).add(id);
            }
        }
        if (!afterText) {
            throw new TokenizerFormatException(place + ".single", single.toString(), "the text in it once");
        }
    }

    private void readDecoder(JsonNode node) {
        String type = isAbsent(node) ? "" : Json.type(node, "decoder");
        if (ofBytes) {
            // It ignores its own flags.
            if (!type.equals(BYTE_LEVEL)) {
                throw new TokenizerFormatException("decoder", Json.describe(node), "type \"ByteLevel\"");
            }
            return;
        }
        if (type.equals("Metaspace")) {
            Json.require(node, "replacement", "decoder", "\"" + Normalizer.MARK + "\"");
            boolean never = node.has("prepend_scheme")
                    ? Json.text(node, "prepend_scheme", "decoder").equals("never")
                    : !Json.flag(node, "add_prefix_space", "decoder", true);
            decoderStart = never ? Decoder.Start.NOTHING : Decoder.Start.SPACES_OF_FIRST_TOKEN;
            return;
        }
        ArrayNode llama = (ArrayNode) likeLlama().get("decoders");
        ArrayNode withoutStrip = llama.deepCopy();
        withoutStrip.remove(llama.size() - 1);
        singleBytes = true;
        if (node.path("decoders").equals(llama)) {
            decoderStart = Decoder.Start.SPACE;
        } else if (!type.equals("Sequence") || !node.path("decoders").equals(withoutStrip)) {
            throw new TokenizerFormatException(
                    "decoder", Json.describe(node), "ByteLevel, Metaspace, or Replace, ByteFallback, Fuse and Strip");
        }
    }

    private static ObjectNode likeLlama() {
        ObjectNode decoder = object("Sequence");
        ArrayNode parts = decoder.putArray("decoders");
        parts.add(object("Replace")
                .<ObjectNode>set(
                        "pattern", JsonNodeFactory.instance.objectNode().put("String", Normalizer.MARK))
                .put("content", " "));
        parts.add(object("ByteFallback"));
        parts.add(object("Fuse"));
        parts.add(object("Strip").put("content", " ").put("start", 1).put("stop", 0));
        return decoder;
    }

    private static ObjectNode byteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) {
        return object(BYTE_LEVEL)
                .put("add_prefix_space", addPrefixSpace)
                .put("trim_offsets", trimOffsets)
                .put("use_regex", useRegex);
    }

    private static ObjectNode object(String type) {
        return JsonNodeFactory.instance.objectNode().put("type", type);
    }

    private static JsonNode orNull(JsonNode node) {
        return node.isMissingNode() ? NullNode.instance : node;
    }

    private static boolean isAbsent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    private static TokenizerFormatException unknown(JsonNode node, String place, String expected) {
        return new TokenizerFormatException(place, Json.describe(node), expected);
    }
}
