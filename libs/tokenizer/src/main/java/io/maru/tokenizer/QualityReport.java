package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What tokens a tokenizer makes of text: the more bytes a token stands for, the more text fits into a model's context.
 *
 * <p>Languages are told apart by the Unicode script of their letters, as far as they are written differently: {@code
 * Latin}, {@code Hangul}, {@code Han}. A token belongs to the script of the first letter that it has a byte of, so in
 *
 * <pre>
 *   "the" " 바다" ", " "19"      Latin: 3 bytes, 1 token      Hangul: 7 bytes, 1 token      Common: 4 bytes, 2 tokens
 * </pre>
 *
 * punctuation and digits that stand alone are {@code Common}, and a space goes with its word. Each token counts once, so
 * the scripts add up to the whole.
 *
 * <p>Equal text and tokenizer give equal JSON, to the byte, on one version of the JDK, whose table of scripts it is.
 *
 * @param tokenizerSha256 of the tokenizer.json
 * @param split which part of a corpus was measured
 * @param vocabulary tokens that the tokenizer has, special ones included
 * @param used how many of them the text gave at least once
 * @param scripts by the name of the script, as in Unicode's Scripts.txt
 * @param kinds by the kind of document; empty where no document has one
 * @param longest those of the most bytes, the smaller id first where they are equally long
 * @param unused those of the smallest ids that no text gave; without special tokens, which no text gives
 */
public record QualityReport(
        String tokenizerSha256,
        String split,
        int vocabulary,
        int used,
        Measure overall,
        SortedMap<String, Measure> scripts,
        SortedMap<String, Measure> kinds,
        List<Token> longest,
        List<Token> unused) {
    /** Bounds the memory that reading takes. */
    public static final int MAX_BYTES = 1 << 22;

    private static final int FORMAT = 1;
    private static final int MAX_LISTED = 100;
    private static final int MAX_KINDS = 1_000;

    private static final ObjectMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxDocumentLength(MAX_BYTES)
                            .maxNestingDepth(8)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    public QualityReport {
        if (used < 0 || used > vocabulary) {
            throw new IllegalArgumentException("used: " + used + " (expected: 0 to " + vocabulary + ")");
        }
        requireNonNull(tokenizerSha256, "tokenizerSha256");
        requireNonNull(split, "split");
        requireNonNull(overall, "overall");
        scripts = Collections.unmodifiableSortedMap(new TreeMap<>(scripts));
        kinds = Collections.unmodifiableSortedMap(new TreeMap<>(kinds));
        longest = List.copyOf(longest);
        unused = List.copyOf(unused);
    }

    /**
     * Text, and the tokens that it became.
     *
     * @param documents those that the text stands in
     * @param bytes in UTF-8
     */
    public record Measure(long documents, long bytes, long tokens) {
        public Measure {
            if (documents < 0 || bytes < 0 || tokens < 0) {
                throw new IllegalArgumentException("measure: " + documents + " documents, " + bytes + " bytes, "
                        + tokens + " tokens (expected: none below 0)");
            }
        }

        /** 0 where there is no token. */
        public double bytesPerToken() {
            return tokens == 0 ? 0 : (double) bytes / tokens;
        }

        private Measure plus(long moreDocuments, long moreBytes, long moreTokens) {
            return new Measure(documents + moreDocuments, bytes + moreBytes, tokens + moreTokens);
        }
    }

    /** @param text U+FFFD where the bytes are no whole characters */
    public record Token(int id, String text, int bytes) {}

    /** Encodes text and keeps count. Not for several threads. */
    public static final class Tally {
        private static final Measure NOTHING = new Measure(0, 0, 0);

        private final BpeTokenizer tokenizer;
        private final byte[][] bytes;
        private final BitSet used;
        private final SortedMap<String, Measure> scripts = new TreeMap<>();
        private final SortedMap<String, Measure> kinds = new TreeMap<>();
        private Measure overall = NOTHING;

        public Tally(BpeTokenizer tokenizer) {
            this.tokenizer = tokenizer;
            this.bytes = new byte[tokenizer.vocabularySize()][];
            for (int id = 0; id < bytes.length; id++) {
                bytes[id] = tokenizer.bytes(id);
            }
            this.used = new BitSet(bytes.length);
        }

        /** Counts a document that does not say what kind of text it is. */
        public void add(String text) {
            measure(text);
        }

        /**
         * Counts a document of a kind, such as {@code news}.
         *
         * @throws IllegalArgumentException if there are more kinds than a reader could take in
         */
        public void add(String text, String kind) {
            if (!kinds.containsKey(kind) && kinds.size() == MAX_KINDS) {
                throw new IllegalArgumentException(
                        "kind: " + kind + ", one more (expected: at most " + MAX_KINDS + ")");
            }
            Measure before = overall;
            measure(text);
            kinds.merge(
                    kind,
                    new Measure(1, overall.bytes() - before.bytes(), overall.tokens() - before.tokens()),
                    (a, b) -> a.plus(b.documents(), b.bytes(), b.tokens()));
        }

        private void measure(String text) {
            int[] ids = tokenizer.encode(text);
            // A character may be spread over several tokens, so scripts are looked up in all the bytes together.
            ByteArrayOutputStream all = new ByteArrayOutputStream(text.length());
            for (int id : ids) {
                used.set(id);
                all.write(bytes[id], 0, bytes[id].length);
            }
            Character.UnicodeScript[] scriptOfByte = scripts(all.toString(UTF_8), all.size());
            Map<String, Measure> here = new TreeMap<>();
            int at = 0;
            for (int id : ids) {
                int end = at + bytes[id].length;
                here.merge(
                        name(firstLetter(scriptOfByte, at, end)),
                        new Measure(1, end - at, 1),
                        (a, b) -> a.plus(0, b.bytes(), b.tokens()));
                at = end;
            }
            here.forEach((script, part) ->
                    scripts.merge(script, part, (a, b) -> a.plus(b.documents(), b.bytes(), b.tokens())));
            overall = overall.plus(1, utf8Length(text), ids.length);
        }

        /** The script of the character that each byte is part of. */
        private static Character.UnicodeScript[] scripts(String text, int length) {
            Character.UnicodeScript[] scripts = new Character.UnicodeScript[length];
            int at = 0;
            for (int i = 0; i < text.length(); ) {
                int codePoint = text.codePointAt(i);
                Character.UnicodeScript script = Character.UnicodeScript.of(codePoint);
                // Bytes that are no UTF-8 give one mark for up to three of them; what is missing then stays without
                // script.
                for (int n = 0; n < utf8Length(codePoint) && at < length; n++) {
                    scripts[at++] = script;
                }
                i += Character.charCount(codePoint);
            }
            return scripts;
        }

        private static Character.UnicodeScript firstLetter(Character.UnicodeScript[] scripts, int start, int end) {
            for (int i = start; i < end; i++) {
                Character.UnicodeScript script = scripts[i];
                if (script != null
                        && script != Character.UnicodeScript.COMMON
                        && script != Character.UnicodeScript.INHERITED
                        && script != Character.UnicodeScript.UNKNOWN) {
                    return script;
                }
            }
            return Character.UnicodeScript.COMMON;
        }

        /** {@code HANGUL} as {@code Hangul}, {@code OLD_ITALIC} as {@code Old_Italic}. */
        private static String name(Character.UnicodeScript script) {
            StringBuilder name = new StringBuilder(script.name());
            for (int i = 1; i < name.length(); i++) {
                if (name.charAt(i - 1) != '_') {
                    name.setCharAt(i, Character.toLowerCase(name.charAt(i)));
                }
            }
            return name.toString();
        }

        private static long utf8Length(String text) {
            return text.codePoints().mapToLong(Tally::utf8Length).sum();
        }

        private static int utf8Length(int codePoint) {
            return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
        }

        /**
         * All that was counted so far.
         *
         * @param tokenizerSha256 of the tokenizer's file
         * @param split which part of a corpus it was
         */
        public QualityReport report(String tokenizerSha256, String split) {
            List<Token> longest = IntStream.range(0, bytes.length)
                    .boxed()
                    .filter(id -> bytes[id].length > 0)
                    .sorted(Comparator.<Integer>comparingInt(id -> -bytes[id].length)
                            .thenComparing(Comparator.naturalOrder()))
                    .limit(MAX_LISTED)
                    .map(this::token)
                    .toList();
            List<Token> unused = IntStream.range(0, bytes.length)
                    .filter(id -> bytes[id].length > 0 && !used.get(id))
                    .limit(MAX_LISTED)
                    .mapToObj(this::token)
                    .toList();
            return new QualityReport(
                    tokenizerSha256, split, bytes.length, used.cardinality(), overall, scripts, kinds, longest, unused);
        }

        private Token token(int id) {
            return new Token(id, new String(bytes[id], UTF_8), bytes[id].length);
        }
    }

    /** The report as report.json; {@link #fromJson} gives an equal one. */
    public byte[] toJson() {
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT);
        root.put("tokenizerSha256", tokenizerSha256);
        root.put("split", split);
        root.put("vocabulary", vocabulary);
        root.put("used", used);
        put(root.putObject("overall"), overall);
        putAll(root.putObject("scripts"), scripts);
        putAll(root.putObject("kinds"), kinds);
        putAll(root.putArray("longest"), longest);
        putAll(root.putArray("unused"), unused);
        DefaultIndenter lines = new DefaultIndenter("  ", "\n");
        try {
            return JSON.writer(
                            new DefaultPrettyPrinter().withObjectIndenter(lines).withArrayIndenter(lines))
                    .writeValueAsBytes(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of texts and numbers could not be written", e);
        }
    }

    private static void putAll(ObjectNode parent, SortedMap<String, Measure> measures) {
        measures.forEach((name, measure) -> put(parent.putObject(name), measure));
    }

    /** Writes the measure with its ratio, for whoever looks into the file; reading computes it again. */
    private static void put(ObjectNode node, Measure measure) {
        node.put("documents", measure.documents())
                .put("bytes", measure.bytes())
                .put("tokens", measure.tokens())
                .put("bytesPerToken", measure.bytesPerToken());
    }

    private static void putAll(ArrayNode parent, List<Token> tokens) {
        tokens.forEach(token -> parent.addObject()
                .put("id", token.id())
                .put("text", token.text())
                .put("bytes", token.bytes()));
    }

    /**
     * Reads a report.json.
     *
     * @throws IllegalArgumentException if it is broken, or not as {@link #toJson} writes it; names the place
     */
    public static QualityReport fromJson(byte[] json) {
        if (json.length > MAX_BYTES) {
            throw wrong("size", json.length + " bytes", "at most " + MAX_BYTES, null);
        }
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw wrong("JSON", e.getOriginalMessage(), "well-formed", e);
        } catch (IOException e) {
            throw new UncheckedIOException("bytes in memory cannot fail to be read", e);
        }
        if (!root.isObject()) {
            throw wrong("the file", root.getNodeType().toString(), "an object", null);
        }
        long format = number(root, "", "format", Integer.MAX_VALUE);
        if (format != FORMAT) {
            throw wrong("format", Long.toString(format), Integer.toString(FORMAT), null);
        }
        int vocabulary = (int) number(root, "", "vocabulary", Integer.MAX_VALUE);
        return new QualityReport(
                text(root, "", "tokenizerSha256"),
                text(root, "", "split"),
                vocabulary,
                (int) number(root, "", "used", vocabulary),
                measure(root, "", "overall"),
                measures(root, "scripts"),
                measures(root, "kinds"),
                tokens(root, "longest"),
                tokens(root, "unused"));
    }

    private static SortedMap<String, Measure> measures(JsonNode root, String key) {
        JsonNode node = object(root, "", key);
        SortedMap<String, Measure> measures = new TreeMap<>();
        for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
            String name = names.next();
            measures.put(name, measure(node, key + ".", name));
        }
        return measures;
    }

    private static Measure measure(JsonNode parent, String path, String key) {
        JsonNode node = object(parent, path, key);
        String below = path + key + ".";
        return new Measure(
                number(node, below, "documents", Long.MAX_VALUE),
                number(node, below, "bytes", Long.MAX_VALUE),
                number(node, below, "tokens", Long.MAX_VALUE));
    }

    private static List<Token> tokens(JsonNode root, String key) {
        JsonNode list = root.path(key);
        if (!list.isArray()) {
            throw wrong(key, list.getNodeType().toString(), "a list", null);
        }
        List<Token> tokens = new ArrayList<>();
        for (JsonNode node : list) {
            String below = key + "[" + tokens.size() + "].";
            tokens.add(new Token((int) number(node, below, "id", Integer.MAX_VALUE), text(node, below, "text"), (int)
                    number(node, below, "bytes", Integer.MAX_VALUE)));
        }
        return tokens;
    }

    private static JsonNode object(JsonNode parent, String path, String key) {
        JsonNode node = parent.path(key);
        if (!node.isObject()) {
            throw wrong(path + key, node.getNodeType().toString(), "an object", null);
        }
        return node;
    }

    private static String text(JsonNode parent, String path, String key) {
        JsonNode node = parent.path(key);
        if (!node.isTextual()) {
            throw wrong(path + key, node.getNodeType().toString(), "text", null);
        }
        return node.textValue();
    }

    private static long number(JsonNode parent, String path, String key, long max) {
        JsonNode node = parent.path(key);
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0 || node.longValue() > max) {
            throw wrong(
                    path + key,
                    node.isNumber() ? node.toString() : node.getNodeType().toString(),
                    "a whole number from 0 to " + max,
                    null);
        }
        return node.longValue();
    }

    private static IllegalArgumentException wrong(String place, String found, String expected, Throwable cause) {
        return new IllegalArgumentException(
                "report.json: " + place + ": " + found + " (expected: " + expected + ")", cause);
    }
}
