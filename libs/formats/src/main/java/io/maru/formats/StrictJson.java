package io.maru.formats;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Pulls the JSON that a format defines out of bytes, and refuses any other. No tree is built, so what a hostile file
 * costs is bounded by what the format wants to keep of it.
 */
final class StrictJson implements AutoCloseable {
    /** The deepest of the formats is a manifest: object, entries, entry, attributes. */
    private static final int DEEPEST = 4;
    /** The digits and sign of the largest long. */
    private static final int MAX_NUMBER_LENGTH = 20;

    private static final int MAX_NAME_LENGTH = 4096;

    static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNumberLength(MAX_NUMBER_LENGTH)
                    .maxNameLength(MAX_NAME_LENGTH)
                    .maxStringLength(Document.MAX_LINE_BYTES)
                    .build())
            .build();

    private final String file;
    private final String place;
    private final JsonParser parser;

    /** Bytes that are all in memory, so that no error can come from a disk. */
    StrictJson(String file, String place, byte[] bytes, int length) {
        this.file = file;
        this.place = place;
        // A decoder, not a charset: a decoder refuses bytes that are no UTF-8, a charset replaces them.
        Reader reader =
                new InputStreamReader(new ByteArrayInputStream(bytes, 0, length), StandardCharsets.UTF_8.newDecoder());
        try {
            this.parser = FACTORY.createParser(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Characters that are all in memory, in the array of {@code chars}, which must not change meanwhile. */
    StrictJson(String file, String place, CharBuffer chars) {
        this.file = file;
        this.place = place;
        try {
            this.parser =
                    FACTORY.createParser(chars.array(), chars.arrayOffset() + chars.position(), chars.remaining());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns {@code text}, unless UTF-8 cannot hold it. */
    static String requireWellFormed(String text, String field) {
        for (int i = 0; i < text.length(); i++) {
            if (!Character.isSurrogate(text.charAt(i))) {
                continue;
            }
            if (!Character.isSupplementaryCodePoint(text.codePointAt(i))) {
                throw new IllegalArgumentException(
                        field + ": half a surrogate pair at " + i + " (expected: well-formed Unicode)");
            }
            i++;
        }
        return text;
    }

    /** Returns {@code name}, unless it could not be read back as a key. */
    static String requireName(String name, String field) {
        if (name.length() > MAX_NAME_LENGTH) {
            throw new IllegalArgumentException(
                    field + ": a name of " + name.length() + " characters (expected: at most " + MAX_NAME_LENGTH + ")");
        }
        return requireWellFormed(name, field);
    }

    void beginObject() {
        expect(JsonToken.START_OBJECT, "an object");
    }

    void beginArray() {
        expect(JsonToken.START_ARRAY, "an array");
    }

    /** The next key of the object that was begun; null at its end. */
    String nextKey() {
        return next() == JsonToken.END_OBJECT ? null : text();
    }

    /** Whether the array that was begun goes on, with an object; it is begun too. */
    boolean nextObject() {
        JsonToken token = next();
        if (token == JsonToken.END_ARRAY) {
            return false;
        }
        require(token, JsonToken.START_OBJECT, "an object");
        return true;
    }

    String string() {
        expect(JsonToken.VALUE_STRING, "a string");
        return text();
    }

    /** A whole number that is not negative and fits a long. */
    long count() {
        expect(JsonToken.VALUE_NUMBER_INT, "a whole number");
        return countHere();
    }

    /** An array of at most {@code limit} {@link #count}s. */
    long[] counts(int limit) {
        beginArray();
        long[] counts = new long[limit];
        int size = 0;
        for (JsonToken token = next(); token != JsonToken.END_ARRAY; token = next()) {
            require(token, JsonToken.VALUE_NUMBER_INT, "a whole number");
            if (size == limit) {
                throw corrupt("more than " + limit + " numbers", "at most " + limit);
            }
            counts[size++] = countHere();
        }
        return Arrays.copyOf(counts, size);
    }

    /** An object of at most {@code limit} strings. */
    Map<String, String> strings(int limit) {
        beginObject();
        Map<String, String> strings = new TreeMap<>();
        for (String key = nextKey(); key != null; key = nextKey()) {
            if (strings.size() == limit) {
                throw corrupt("more than " + limit + " keys", "at most " + limit);
            }
            strings.put(key, string());
        }
        return strings;
    }

    /** Nothing but white space may follow. */
    void end() {
        JsonToken token = next();
        if (token != null) {
            throw corrupt(token.name(), "nothing after the object");
        }
    }

    /** Returns {@code value}, or refuses the object that lacks it. */
    <T> T required(T value, String key) {
        if (value == null) {
            throw corrupt("no key " + key, "the key " + key);
        }
        return value;
    }

    CorruptFileException corrupt(String found, String expected) {
        return corrupt(found, expected, null);
    }

    CorruptFileException corrupt(String found, String expected, Throwable cause) {
        return new CorruptFileException(
                file, place + ", character " + parser.currentTokenLocation().getCharOffset(), found, expected, cause);
    }

    private void expect(JsonToken kind, String expected) {
        require(next(), kind, expected);
    }

    private void require(JsonToken token, JsonToken kind, String expected) {
        if (token != kind) {
            throw corrupt(token == null ? "the end" : token.name(), expected);
        }
    }

    private JsonToken next() {
        try {
            return parser.nextToken();
        } catch (IOException e) {
            throw refused(e);
        }
    }

    private String text() {
        try {
            return parser.getText();
        } catch (IOException e) {
            throw refused(e);
        }
    }

    private long countHere() {
        try {
            long count = parser.getLongValue();
            if (count < 0) {
                throw corrupt(Long.toString(count), ">= 0");
            }
            return count;
        } catch (IOException e) {
            throw refused(e);
        }
    }

    private RuntimeException refused(IOException e) {
        if (e instanceof JsonProcessingException json) {
            return corrupt(json.getOriginalMessage(), "JSON of this format", e);
        }
        if (e instanceof CharacterCodingException) {
            return corrupt("bytes that are no UTF-8", "UTF-8", e);
        }
        return new UncheckedIOException(e);
    }

    @Override
    public void close() {
        try {
            parser.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
