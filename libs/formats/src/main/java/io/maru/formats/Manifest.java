package io.maru.formats;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The list of objects that make up something sealed: a corpus, a dataset, a checkpoint, a model version. It is written
 * last, so whoever can read it can read all that it lists.
 *
 * <p>Nothing in it says where it lies or when it was made: keys are relative to its own folder. So two runs over the same
 * input seal manifests of one digest, whatever they are called.
 *
 * <p>Its JSON has one form only, and so one digest: no white space, keys in the order of their UTF-16 units, entries in
 * the order given, which means something (the order of shards).
 *
 * <pre>
 *   {"attributes":{"trainTokens":"4096"},
 *    "entries":[{"attributes":{"tokens":"4096"},"key":"shards/train-00000","sha256":"e3b0...","size":8256}],
 *    "format":1,"kind":"dataset"}
 * </pre>
 *
 * (but on one line). The version of this layout is {@code format}.
 *
 * @param kind what is sealed, as in {@code dataset}
 * @param attributes facts about the whole
 * @param entries the objects, each key once
 */
public record Manifest(String kind, Map<String, String> attributes, List<Entry> entries) {
    /** The longest JSON that is read, in bytes. */
    public static final int MAX_BYTES = 1 << 24;

    private static final String FILE = "manifest";
    private static final long FORMAT = 1;
    private static final int MAX_ATTRIBUTES = 10_000;

    /**
     * @param key of the object, relative to the folder of the manifest
     * @param size in bytes
     * @param sha256 64 lowercase hexadecimal digits
     * @param attributes facts about this object
     */
    public record Entry(String key, long size, String sha256, Map<String, String> attributes) {
        public Entry {
            requireText(key, "key");
            if (size < 0) {
                throw new IllegalArgumentException("size: " + size + " (expected: >= 0)");
            }
            Sha256.requireHex(sha256, "sha256");
            attributes = sorted(attributes);
        }

        /** What the object must be, to {@link SealedFile#verify} a copy of it. */
        public SealedFile file() {
            return new SealedFile(size, sha256);
        }
    }

    public Manifest {
        requireText(kind, "kind");
        attributes = sorted(attributes);
        entries = List.copyOf(entries);
        Set<String> keys = new HashSet<>();
        for (Entry entry : entries) {
            if (!keys.add(entry.key())) {
                throw new IllegalArgumentException("entries: " + entry.key() + " twice (expected: each key once)");
            }
        }
    }

    /** @throws IllegalArgumentException if there is no entry of this key */
    public Entry entry(String key) {
        return entries.stream()
                .filter(entry -> entry.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        kind + " manifest: no entry " + key + " (expected: one of " + entries.size() + " entries)"));
    }

    /**
     * The one JSON form of this content, in UTF-8.
     *
     * @throws IllegalStateException if it is longer than {@link #MAX_BYTES}
     */
    public byte[] toJson() {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = StrictJson.FACTORY.createGenerator(text)) {
            json.writeStartObject();
            writeAttributes(json, attributes);
            json.writeArrayFieldStart("entries");
            for (Entry entry : entries) {
                json.writeStartObject();
                writeAttributes(json, entry.attributes());
                json.writeStringField("key", entry.key());
                json.writeStringField("sha256", entry.sha256());
                json.writeNumberField("size", entry.size());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNumberField("format", FORMAT);
            json.writeStringField("kind", kind);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("a string cannot fail to be written to", e);
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_BYTES) {
            throw new IllegalStateException(
                    kind + ": a manifest of " + bytes.length + " bytes (expected: at most " + MAX_BYTES + ")");
        }
        return bytes;
    }

    /** SHA-256 of {@link #toJson}. */
    public String digest() {
        return Sha256.of(toJson());
    }

    /** @throws CorruptFileException unless {@code json} is, byte for byte, what {@link #toJson} writes */
    public static Manifest fromJson(byte[] json) {
        if (json.length > MAX_BYTES) {
            throw new CorruptFileException(FILE, "size", json.length + " bytes", "at most " + MAX_BYTES + " bytes");
        }
        Manifest manifest;
        try (StrictJson parser = new StrictJson(FILE, "json", json, json.length)) {
            manifest = parse(parser);
        } catch (IllegalArgumentException e) {
            throw new CorruptFileException(FILE, "json", e.getMessage(), "a manifest", e);
        }
        // What the parser lets pass, such as white space, keys out of order or needless escapes, is caught here.
        int difference = Arrays.mismatch(manifest.toJson(), json);
        if (difference >= 0) {
            throw new CorruptFileException(
                    FILE, "byte " + difference, "another form of the same content", "keys sorted, no white space");
        }
        return manifest;
    }

    private static Manifest parse(StrictJson json) {
        String kind = null;
        Map<String, String> attributes = null;
        List<Entry> entries = null;
        json.beginObject();
        for (String key = json.nextKey(); key != null; key = json.nextKey()) {
            switch (key) {
                case "kind" -> kind = json.string();
                case "attributes" -> attributes = json.strings(MAX_ATTRIBUTES);
                case "entries" -> entries = parseEntries(json);
                case "format" -> requireFormat(json);
                default -> throw json.corrupt("the key " + key, "attributes, entries, format or kind");
            }
        }
        json.end();
        return new Manifest(
                json.required(kind, "kind"),
                json.required(attributes, "attributes"),
                json.required(entries, "entries"));
    }

    private static List<Entry> parseEntries(StrictJson json) {
        List<Entry> entries = new ArrayList<>();
        json.beginArray();
        while (json.nextObject()) {
            String key = null;
            Long size = null;
            String sha256 = null;
            Map<String, String> attributes = null;
            for (String field = json.nextKey(); field != null; field = json.nextKey()) {
                switch (field) {
                    case "key" -> key = json.string();
                    case "size" -> size = json.count();
                    case "sha256" -> sha256 = json.string();
                    case "attributes" -> attributes = json.strings(MAX_ATTRIBUTES);
                    default -> throw json.corrupt("the key " + field, "attributes, key, sha256 or size");
                }
            }
            entries.add(new Entry(
                    json.required(key, "key"),
                    json.required(size, "size"),
                    json.required(sha256, "sha256"),
                    json.required(attributes, "attributes")));
        }
        return entries;
    }

    private static void requireFormat(StrictJson json) {
        long format = json.count();
        if (format != FORMAT) {
            throw json.corrupt("format " + format, "format " + FORMAT);
        }
    }

    private static void writeAttributes(JsonGenerator json, Map<String, String> attributes) throws IOException {
        json.writeObjectFieldStart("attributes");
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            json.writeStringField(attribute.getKey(), attribute.getValue());
        }
        json.writeEndObject();
    }

    private static Map<String, String> sorted(Map<String, String> attributes) {
        if (attributes.size() > MAX_ATTRIBUTES) {
            throw new IllegalArgumentException(
                    "attributes: " + attributes.size() + " (expected: at most " + MAX_ATTRIBUTES + ")");
        }
        attributes.forEach((key, value) -> {
            StrictJson.requireName(key, "attributes");
            StrictJson.requireWellFormed(value, key);
        });
        return Collections.unmodifiableMap(new TreeMap<>(attributes));
    }

    private static void requireText(String text, String field) {
        if (text.isBlank()) {
            throw new IllegalArgumentException(field + ": blank (expected: text)");
        }
        StrictJson.requireWellFormed(text, field);
    }
}
