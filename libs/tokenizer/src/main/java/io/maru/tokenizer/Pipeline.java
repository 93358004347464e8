package io.maru.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What a tokenizer.json does around its model: normaliser, pre-tokeniser, post-processor and decoder. They are kept as
 * they were written, so that a file that goes through Maru shows no difference; and so are truncation and padding, which
 * say what becomes of a batch of texts, and nothing about the tokens of one.
 */
final class Pipeline {
    private static final String BYTE_LEVEL = "ByteLevel";
    private static final String METASPACE = "Metaspace";
    private static final String NORMALIZERS =
            "null, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Prepend, Replace, or a Sequence of them";
    private static final String PRE_TOKENIZERS =
            "null, ByteLevel, Metaspace, Split, Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit, or a"
                    + " Sequence of them";
    private static final String POST_PROCESSORS =
            "null, ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing, or a Sequence of them";
    private static final String DECODERS =
            "null, ByteLevel, Metaspace, or a Sequence of Replace, ByteFallback, Fuse and Strip";

    /** The sections of the file that are kept, by name, in the order in which they are written. */
    private final Map<String, JsonNode> kept = new LinkedHashMap<>();

    private final List<Normalizer> normalizers = new ArrayList<>();
    /** What the pre-tokeniser does to a text before it cuts it. */
    private final List<Normalizer> preparations = new ArrayList<>();
    /** Null while there is none. */
    private Splitter splitter;

    private boolean ofBytes;
    private boolean ofMarks;
    private boolean singleBytes;
    /** What stands for a space in a token; null for nothing. */
    private String space;

    private Decoder.Start decoderStart = Decoder.Start.NOTHING;
    private boolean decoderSpaces;
    private final List<Integer> templateBefore = new ArrayList<>();
    private final List<Integer> templateAfter = new ArrayList<>();
    private boolean ofSentencePiece;
    /** What a tokenizer.json has no words for; null for nothing. */
    private String unwritable;

    /** @throws TokenizerFormatException for whatever this library would not do exactly */
    Pipeline(JsonNode root) {
        for (String section :
                List.of("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder")) {
            kept.put(section, orNull(root.path(section)));
        }
        readNormalizer(root.path("normalizer"), "normalizer");
        readPreTokenizer(root.path("pre_tokenizer"), "pre_tokenizer");
        readPostProcessor(root.path("post_processor"), "post_processor");
        readDecoder(root.path("decoder"));
    }

    /** Builds the pipeline of GPT-2's file; with another pattern, that of Llama 3's. */
    static Pipeline ofBytes(WordPattern pattern) {
        return new Pipeline(bytes(pattern));
    }

    /** Builds the same for text in Unicode's normal form C, which other text is brought to. */
    static Pipeline ofComposedBytes(WordPattern pattern) {
        ObjectNode root = bytes(pattern);
        root.set("normalizer", object("NFC"));
        return new Pipeline(root);
    }

    private static ObjectNode bytes(WordPattern pattern) {
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
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.set("pre_tokenizer", words);
        root.set("post_processor", byteLevel(true, false, true));
        root.set("decoder", byteLevel(true, true, true));
        return root;
    }

    /** Builds the pipeline of a SentencePiece model; a tokenizer.json has no words for some of them. */
    static Pipeline ofSentencePiece(Normalizer.SentencePiece normalizer, boolean hasDefined) {
        boolean addsPrefix = normalizer.addsPrefix();
        boolean trims = normalizer.trims();
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.set("decoder", likeLlama());
        if (!trims) {
            ObjectNode replace = object("Replace");
            replace.putObject("pattern").put("String", " ");
            replace.put("content", Normalizer.MARK);
            ObjectNode sequence = object("Sequence");
            ArrayNode steps = sequence.putArray("normalizers");
            steps.add(object("Prepend").put("prepend", Normalizer.MARK));
            steps.add(replace);
            root.set("normalizer", addsPrefix ? sequence : replace);
        }
        Pipeline pipeline = new Pipeline(root);
        pipeline.normalizers.clear();
        pipeline.normalizers.add(normalizer);
        pipeline.ofSentencePiece = true;
        pipeline.unwritable = normalizer.map() != null
                ? "SentencePiece's, which maps characters"
                : trims
                        ? "SentencePiece's, which drops spaces"
                        : addsPrefix && hasDefined
                                ? "SentencePiece's, which puts nothing after a piece of the user's"
                                : null;
        if (!addsPrefix) {
            pipeline.decoderStart = Decoder.Start.NOTHING;
            ((ArrayNode) pipeline.kept.get("decoder").get("decoders")).remove(3);
        }
        return pipeline;
    }

    Normalizer.Sequence normalizer() {
        return new Normalizer.Sequence(List.copyOf(normalizers));
    }

    Normalizer.Sequence preparation() {
        return new Normalizer.Sequence(List.copyOf(preparations));
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

    /** What the text of a token that is no bytes is. */
    String decoded(String token) {
        return space == null ? token : token.replace(space, " ");
    }

    Decoder.Start decoderStart() {
        return decoderStart;
    }

    /** Whether decoding writes a space between two tokens. */
    boolean decoderSpaces() {
        return decoderSpaces;
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
        if (unwritable != null) {
            throw new TokenizerFormatException("normalizer", unwritable, "one that tokenizer.json can write");
        }
        kept.forEach(root::set);
    }

    /** Tells whether a kept section is written before the added tokens. */
    static boolean isBeforeTokens(String section) {
        return section.equals("truncation") || section.equals("padding");
    }

    /** Tells how an added token that is looked for in normalised text is written there; a pre-tokeniser comes after that. */
    UnaryOperator<String> writtenAdded() {
        return ofSentencePiece
                ? UnaryOperator.identity()
                : content -> normalizer().apply(content, false);
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
            case "NFC" -> normalizers.add(Normalizer.Unicode.of(Form.NFC));
            case "NFD" -> normalizers.add(Normalizer.Unicode.of(Form.NFD));
            case "NFKC" -> normalizers.add(Normalizer.Unicode.of(Form.NFKC));
            case "NFKD" -> normalizers.add(Normalizer.Unicode.of(Form.NFKD));
            case "Lowercase" -> normalizers.add(new Normalizer.Lowercase());
            case "Strip" ->
                normalizers.add(new Normalizer.Strip(
                        Json.flag(node, "strip_left", place, false), Json.flag(node, "strip_right", place, false)));
            case "StripAccents" -> normalizers.add(new Normalizer.Drop(CodePoints.set("Accents")));
            case "Nmt" -> normalizers.add(new Normalizer.Nmt());
            case "Prepend" ->
                normalizers.add(new Normalizer.Prefix(text(node, "prepend", place), Normalizer.When.ALWAYS));
            case "Replace" -> {
                String content = text(node, "content", place);
                JsonNode old = node.path("pattern").path("String");
                // As Llama and Gemma replace spaces.
                boolean plain = old.isTextual() && old.textValue().length() == 1 && content.length() == 1;
                normalizers.add(
                        plain
                                ? new Normalizer.ReplaceCharacter(
                                        old.textValue().charAt(0), content.charAt(0))
                                : new Normalizer.Replace(finder(node.path("pattern"), place + ".pattern"), content));
            }
            case "BertNormalizer" -> readBertNormalizer(node, place);
            default -> throw unknown(node, place, NORMALIZERS);
        }
    }

    /** Accepts the one of KoGPT2's file, which does nothing. */
    private static void readBertNormalizer(JsonNode node, String place) {
        boolean lowercase = Json.flag(node, "lowercase", place, true);
        if (Json.flag(node, "clean_text", place, true)
                || Json.flag(node, "handle_chinese_chars", place, true)
                || Json.flag(node, "strip_accents", place, lowercase)
                || lowercase) {
            throw unknown(node, place, NORMALIZERS);
        }
    }

    private void readPreTokenizer(JsonNode node, String place) {
        if (isAbsent(node)) {
            return;
        }
        switch (Json.type(node, place)) {
            case "Sequence" -> {
                JsonNode parts = Json.array(node.path("pretokenizers"), place + ".pretokenizers");
                for (int i = 0; i < parts.size(); i++) {
                    readPreTokenizer(parts.get(i), place + ".pretokenizers[" + i + "]");
                }
            }
            case "Split" -> thenSplit(split(node, place));
            case "Digits" ->
                thenSplit(new SplitBy(
                        Finder.each(CodePoints.set("Digits")),
                        Json.flag(node, "individual_digits", place, false)
                                ? SplitBy.Behavior.ISOLATED
                                : SplitBy.Behavior.CONTIGUOUS,
                        false));
            case "Punctuation" ->
                thenSplit(new SplitBy(
                        Finder.each(CodePoints.set("Punctuation")),
                        node.has("behavior") ? behavior(node, place) : SplitBy.Behavior.ISOLATED,
                        false));
            case "WhitespaceSplit" ->
                thenSplit(new SplitBy(Finder.each(CodePoints.set("S")), SplitBy.Behavior.REMOVED, false));
            case "Whitespace" -> thenSplit(new WordsAndSymbols());
            case "CharDelimiterSplit" -> {
                BitSet delimiter = new BitSet();
                delimiter.set(character(node, "delimiter", place));
                thenSplit(new SplitBy(Finder.each(delimiter), SplitBy.Behavior.REMOVED, false));
            }
            case BYTE_LEVEL -> readByteLevel(node, place);
            case METASPACE -> readMetaspace(node, place);
            default -> throw unknown(node, place, PRE_TOKENIZERS);
        }
    }

    private void thenSplit(Splitter next) {
        // What comes after ByteLevel sees the characters that are written for bytes.
        Splitter cut = ofBytes ? new ByteSplitter(next) : next;
        splitter = splitter == null ? cut : splitter.then(cut);
    }

    /** A step that rewrites the text comes before the first cut, or else is done to each word. */
    private void thenRewrite(List<Normalizer> steps) {
        for (Normalizer step : steps) {
            if (splitter == null) {
                preparations.add(step);
            } else {
                splitter = splitter.then(new Rewriter(step));
            }
        }
    }

    private static Splitter split(JsonNode node, String place) {
        SplitBy.Behavior behavior = behavior(node, place);
        boolean inverted = Json.flag(node, "invert", place, false);
        JsonNode regex = node.path("pattern").path("Regex");
        if (regex.isTextual()) {
            WordPattern known = WordPattern.of(regex.textValue()).orElse(null);
            // Every character is in a match of the known ones, so to keep the matches or to isolate them is the same.
            if (known != null
                    && (behavior == SplitBy.Behavior.ISOLATED || (behavior == SplitBy.Behavior.REMOVED && inverted))) {
                return known;
            }
        }
        return new SplitBy(finder(node.path("pattern"), place + ".pattern"), behavior, inverted);
    }

    private static SplitBy.Behavior behavior(JsonNode node, String place) {
        return SplitBy.Behavior.of(Json.text(node, "behavior", place), place + ".behavior");
    }

    private static Finder finder(JsonNode pattern, String place) {
        if (pattern.path("Regex").isTextual()) {
            String regex = text(pattern, "Regex", place);
            WordPattern known = WordPattern.of(regex).orElse(null);
            return known != null ? known : RegexMatcher.of(regex, place + ".Regex");
        }
        if (pattern.path("String").isTextual()) {
            String text = text(pattern, "String", place);
            if (text.isEmpty()) {
                throw new TokenizerFormatException(place + ".String", "\"\"", "a text");
            }
            return new RegexMatcher(Regex.literal(text, place + ".String"));
        }
        throw new TokenizerFormatException(place, Json.describe(pattern), "{\"Regex\": ...} or {\"String\": ...}");
    }

    private static int character(JsonNode node, String key, String place) {
        String text = text(node, key, place);
        if (text.codePointCount(0, text.length()) != 1) {
            throw new TokenizerFormatException(place + "." + key, "\"" + text + "\"", "one character");
        }
        return text.codePointAt(0);
    }

    private static String text(JsonNode node, String key, String place) {
        String text = Json.text(node, key, place);
        Json.requireCharacters(text, place + "." + key);
        return text;
    }

    private void readByteLevel(JsonNode node, String place) {
        if (ofBytes) {
            throw new TokenizerFormatException(place, "ByteLevel again", "one of them");
        }
        // Both are true where the file is silent.
        if (Json.flag(node, "add_prefix_space", place, true)) {
            thenRewrite(List.of(new Normalizer.Prefix(" ", Normalizer.When.UNLESS_PRESENT)));
        }
        if (Json.flag(node, "use_regex", place, true)) {
            thenSplit(WordPattern.GPT2);
        }
        ofBytes = true;
    }

    private void readMetaspace(JsonNode node, String place) {
        if (ofBytes || ofMarks) {
            throw new TokenizerFormatException(place, "Metaspace after ByteLevel or Metaspace", "one of them");
        }
        ofMarks = true;
        int codePoint = character(node, "replacement", place);
        if (codePoint > Character.MAX_VALUE) {
            throw new TokenizerFormatException(
                    place + ".replacement", Json.describe(node.path("replacement")), "a char");
        }
        String mark = Character.toString(codePoint);
        String scheme = node.has("prepend_scheme")
                ? Json.text(node, "prepend_scheme", place)
                : Json.flag(node, "add_prefix_space", place, true) ? "always" : "never";
        Normalizer.When when =
                switch (scheme) {
                    case "always" -> Normalizer.When.UNLESS_PRESENT;
                    case "first" -> Normalizer.When.AT_START_UNLESS_PRESENT;
                    case "never" -> Normalizer.When.NEVER;
                    default ->
                        throw new TokenizerFormatException(place + ".prepend_scheme", scheme, "always, first or never");
                };
        if (splitter != null && when == Normalizer.When.AT_START_UNLESS_PRESENT) {
            throw new TokenizerFormatException(place + ".prepend_scheme", scheme, "always or never after another");
        }
        thenRewrite(List.of(new Normalizer.ReplaceCharacter(' ', (char) codePoint), new Normalizer.Prefix(mark, when)));
        if (Json.flag(node, "split", place, true)) {
            BitSet marks = new BitSet();
            marks.set(codePoint);
            thenSplit(
                    mark.equals(Normalizer.MARK)
                            ? new MarkSplitter(true)
                            : new SplitBy(Finder.each(marks), SplitBy.Behavior.MERGED_WITH_NEXT, false));
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
            case "RobertaProcessing", "BertProcessing" ->
                around(List.of(namedId(node, "cls", place)), List.of(namedId(node, "sep", place)), place);
            default -> throw unknown(node, place, POST_PROCESSORS);
        }
    }

    /** Reads the id in {@code ["</s>", 2]}. */
    private static int namedId(JsonNode node, String key, String place) {
        JsonNode pair = Json.array(node.path(key), place + "." + key);
        return Json.id(pair.path(1), place + "." + key + "[1]", Vocabulary.MAX_TOKENS);
    }

    /** Hugging Face's library stops where a second one would do that. */
    private void around(List<Integer> before, List<Integer> after, String place) {
        if (!templateBefore.isEmpty() || !templateAfter.isEmpty()) {
            throw new TokenizerFormatException(place, "a second template", "one of them");
        }
        templateBefore.addAll(before);
        templateAfter.addAll(after);
    }

    private void readTemplate(JsonNode node, String place) {
        JsonNode single = Json.array(node.path("single"), place + ".single");
        List<Integer> before = new ArrayList<>();
        List<Integer> after = new ArrayList<>();
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
                (afterText ? after : before).add(id);
            }
        }
        if (!afterText) {
            throw new TokenizerFormatException(place + ".single", single.toString(), "the text in it once");
        }
        around(before, after, place);
    }

    private void readDecoder(JsonNode node) {
        String type = isAbsent(node) ? "" : Json.type(node, "decoder");
        JsonNode parts = node.path("decoders");
        boolean oneOfSequence = type.equals("Sequence") && parts.size() == 1;
        if (type.isEmpty()) {
            decoderSpaces = true;
        } else if (ofBytes) {
            // It ignores its own flags.
            if (!(oneOfSequence ? parts.get(0).path("type").asText() : type).equals(BYTE_LEVEL)) {
                throw new TokenizerFormatException("decoder", Json.describe(node), "type \"ByteLevel\"");
            }
        } else if (type.equals(METASPACE)) {
            space = Character.toString(character(node, "replacement", "decoder"));
            boolean never = node.has("prepend_scheme")
                    ? Json.text(node, "prepend_scheme", "decoder").equals("never")
                    : !Json.flag(node, "add_prefix_space", "decoder", true);
            decoderStart = never ? Decoder.Start.NOTHING : Decoder.Start.SPACES_OF_FIRST_TOKEN;
        } else {
            readDecoders(node, type);
        }
    }

    /** Reads some of Llama's steps, in their order. */
    private void readDecoders(JsonNode node, String type) {
        List<JsonNode> parts = new ArrayList<>();
        if (type.equals("Sequence")) {
            Json.array(node.path("decoders"), "decoder.decoders").forEach(parts::add);
        } else {
            parts.add(node);
        }
        if (!parts.isEmpty() && parts.get(0).path("type").asText().equals("Replace")) {
            JsonNode replace = parts.remove(0);
            Json.require(replace, "content", "decoder", "\" \"");
            space = Json.text(replace.path("pattern"), "String", "decoder.pattern");
        }
        singleBytes = !parts.isEmpty() && parts.get(0).equals(object("ByteFallback"));
        if (singleBytes) {
            parts.remove(0);
        }
        boolean fuses = !parts.isEmpty() && parts.get(0).equals(object("Fuse"));
        if (fuses) {
            parts.remove(0);
        }
        if (fuses && parts.size() == 1 && parts.get(0).equals(likeLlama().at("/decoders/3"))) {
            decoderStart = Decoder.Start.SPACE;
            parts.remove(0);
        }
        if (!parts.isEmpty()) {
            throw new TokenizerFormatException("decoder", Json.describe(node), DECODERS);
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
