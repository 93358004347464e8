package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A stranger's JSON: its size, nesting and number of values are bounded before a tree is built, and what is not as expected is
 * named by its place.
 */
final class Json {
    /** Bounds the memory that reading takes; the largest published vocabularies have about 262,000 tokens in 33 MB. */
    static final int MAX_BYTES = 64 << 20;

    /** A text is there several times while it is read, and no token or pattern comes near. */
    private static final int MAX_TEXT = 1 << 20;

    private static final int MAX_DEPTH = 16;
    /** A token is 2 JSON tokens, a merge at most 4; the largest published files have 262,000 tokens and two merges for each. */
    private static final int MAX_JSON_TOKENS = 8 * Vocabulary.MAX_TOKENS;

    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(MAX_BYTES)
                            .maxNestingDepth(MAX_DEPTH)
                            .maxTokenCount(MAX_JSON_TOKENS)
                            .maxStringLength(MAX_TEXT)
                            .maxNameLength(MAX_TEXT)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .defaultPrettyPrinter(likeHuggingFace())
            .build();

    /** Reads one value among others. */
    private static final ObjectReader TREE =
            MAPPER.readerFor(JsonNode.class).without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private Json() {}

    /** Writes as serde's pretty printer does, so that a file that goes through Maru shows no difference. */
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

    static JsonNode read(byte[] json, String place) {
        requireSize(json);
        JsonNode root;
        try {
            root = MAPPER.readTree(json);
        } catch (JsonProcessingException e) {
            throw broken(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return object(root, place);
    }

    /** A value that is read when it is asked for: as a tree, part by part, or not at all. */
    static final class Value {
        private final JsonParser parser;

        private Value(JsonParser parser) {
            this.parser = parser;
        }

        /** A part of an object, under its key. */
        interface Part {
            void read(String key, Value value) throws IOException;
        }

        /** A part of an array, at its place. */
        interface Element {
            void read(Value value, int at) throws IOException;
        }

        boolean isObject() {
            return parser.hasToken(JsonToken.START_OBJECT);
        }

        boolean isArray() {
            return parser.hasToken(JsonToken.START_ARRAY);
        }

        JsonNode tree() throws IOException {
            return TREE.readTree(parser);
        }

        void skip() throws IOException {
            parser.skipChildren();
        }

        /** Each value must be read or skipped. */
        void forEach(Part part) throws IOException {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String key = parser.currentName();
                parser.nextToken();
                part.read(key, this);
            }
        }

        void forEachOfArray(Element element) throws IOException {
            for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
                element.read(this, i);
            }
        }
    }

    /** Goes through the parts of an object without a tree of it. */
    static void read(byte[] json, Value.Part part) {
        requireSize(json);
        try (JsonParser parser = MAPPER.createParser(json)) {
            Value value = new Value(parser);
            parser.nextToken();
            if (!value.isObject()) {
                object(parser.currentToken() == null ? MissingNode.getInstance() : value.tree(), "the file");
            }
            value.forEach(part);
            if (parser.nextToken() != null) {
                throw new TokenizerFormatException(place(parser.currentLocation()), "more", "the end of the file");
            }
        } catch (JsonProcessingException e) {
            throw broken(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void requireSize(byte[] json) {
        if (json.length > MAX_BYTES) {
            throw new TokenizerFormatException("size", "more than " + MAX_BYTES + " bytes", "at most " + MAX_BYTES);
        }
    }

    private static TokenizerFormatException broken(JsonProcessingException e) {
        return new TokenizerFormatException(
                place(e.getLocation()), e.getOriginalMessage(), "well-formed and within bounds", e);
    }

    private static String place(JsonLocation location) {
        return location == null ? "JSON" : "JSON, line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    static ObjectNode newObject() {
        return MAPPER.createObjectNode();
    }

    /** What writes a file. */
    interface Writing {
        void to(JsonGenerator out) throws IOException;
    }

    static byte[] write(Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator out = MAPPER.createGenerator(bytes)) {
            out.setPrettyPrinter(likeHuggingFace());
            writing.to(out);
        } catch (IOException e) {
            throw new IllegalStateException("texts and numbers could not be written", e);
        }
        return bytes.toByteArray();
    }

    static byte[] bytes(ObjectNode root) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers could not be written", e);
        }
    }

    static boolean isPresent(JsonNode node) {
        return !node.isMissingNode() && !node.isNull();
    }

    static JsonNode object(JsonNode node, String place) {
        if (!node.isObject()) {
            throw new TokenizerFormatException(place, describe(node), "an object");
        }
        return node;
    }

    static JsonNode array(JsonNode node, String place) {
        if (!node.isArray()) {
            throw new TokenizerFormatException(place, describe(node), "an array");
        }
        return node;
    }

    static String type(JsonNode node, String place) {
        return text(object(node, place), "type", place);
    }

    static String text(JsonNode parent, String key, String place) {
        JsonNode node = parent.path(key);
        if (!node.isTextual()) {
            throw new TokenizerFormatException(place + "." + key, describe(node), "a text");
        }
        return node.textValue();
    }

    static int id(JsonNode node, String place, int bound) {
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0 || node.intValue() >= bound) {
            throw new TokenizerFormatException(place, describe(node), "an integer from 0 to " + (bound - 1));
        }
        return node.intValue();
    }

    static boolean flag(JsonNode parent, String key, String place, boolean absent) {
        JsonNode flag = parent.path(key);
        if (isPresent(flag) && !flag.isBoolean()) {
            throw new TokenizerFormatException(place + "." + key, describe(flag), "true or false");
        }
        return flag.asBoolean(absent);
    }

    static void require(JsonNode parent, String key, String place, String expectedJson) {
        JsonNode node = parent.path(key);
        if (!node.toString().equals(expectedJson)) {
            throw new TokenizerFormatException(place.isEmpty() ? key : place + "." + key, describe(node), expectedJson);
        }
    }

    /** JSON can escape half of a surrogate pair, which no UTF-8 can hold. */
    static void requireCharacters(String text, String place) {
        if (!UTF_8.newEncoder().canEncode(text)) {
            throw new TokenizerFormatException(place, "a surrogate without its partner", "Unicode characters");
        }
    }

    static String describe(JsonNode node) {
        return node.isMissingNode() ? "nothing" : node.isContainerNode() ? describeContainer(node) : node.toString();
    }

    private static String describeContainer(JsonNode node) {
        JsonNode type = node.path("type");
        return type.isTextual() ? "type " + type : node.getNodeType() + " of " + node.size();
    }
}
