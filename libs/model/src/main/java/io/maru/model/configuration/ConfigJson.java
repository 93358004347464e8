package io.maru.model.configuration;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Supplier;

/** A {@code config.json} that somebody else may have written: every key is checked for what it is expected to be. */
final class ConfigJson {
    private static final int MAX_JSON_BYTES = 1 << 20;
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(16)
                    .maxStringLength(1 << 16)
                    .maxDocumentLength(MAX_JSON_BYTES)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build());

    private final JsonNode config;

    private ConfigJson(JsonNode config) {
        this.config = config;
    }

    /** @throws UnsupportedModelException if it is no JSON object */
    static ConfigJson parse(byte[] json) {
        if (json.length > MAX_JSON_BYTES) {
            throw new UnsupportedModelException(
                    "config.json", json.length + " bytes", "at most " + MAX_JSON_BYTES + " bytes");
        }
        JsonNode config;
        try {
            config = JSON.readTree(json);
        } catch (IOException e) {
            throw new UnsupportedModelException("config.json: no JSON (expected: an object)", e);
        }
        if (!config.isObject()) {
            throw new UnsupportedModelException("config.json", config.getNodeType(), "an object");
        }
        return new ConfigJson(config);
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    static byte[] bytes(ObjectNode json) {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs the constructor of a configuration, whose refusal is of what the file says. */
    static <T> T checked(Supplier<T> construction) {
        try {
            return construction.get();
        } catch (IllegalArgumentException e) {
            throw new UnsupportedModelException("config.json: " + e.getMessage(), e);
        }
    }

    /** Whether the key is there, and not null. */
    boolean has(String key) {
        return config.hasNonNull(key);
    }

    /** The object under a key; an empty one if it is absent or null. */
    ConfigJson at(String key) {
        if (!has(key)) {
            return new ConfigJson(object());
        }
        JsonNode value = config.path(key);
        if (!value.isObject()) {
            throw new UnsupportedModelException(key, value, "an object");
        }
        return new ConfigJson(value);
    }

    int integer(String key) {
        JsonNode value = config.path(key);
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw new UnsupportedModelException(key, value.isMissingNode() ? "absent" : value, "an integer");
        }
        return value.intValue();
    }

    int integer(String key, int absent) {
        return has(key) ? integer(key) : absent;
    }

    double number(String key, double absent) {
        JsonNode value = config.path(key);
        if (value.isMissingNode()) {
            return absent;
        }
        if (!value.isNumber()) {
            throw new UnsupportedModelException(key, value, "a number");
        }
        return value.doubleValue();
    }

    String text(String key, List<String> expected) {
        return text(key, expected, "absent");
    }

    /** @param absent what Hugging Face takes where there is nothing */
    String text(String key, List<String> expected, String absent) {
        String found = has(key) ? config.path(key).asText() : absent;
        if (!expected.contains(found)) {
            throw new UnsupportedModelException(key, found, String.join(" or ", expected));
        }
        return found;
    }

    boolean flag(String key, boolean absent) {
        JsonNode value = config.path(key);
        if (value.isMissingNode()) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw new UnsupportedModelException(key, value, "true or false");
        }
        return value.booleanValue();
    }

    /** A list of which only one text is implemented, which is also what Hugging Face takes where there is nothing. */
    void requireTexts(String key, String expected) {
        JsonNode values = config.path(key);
        for (JsonNode value : values) {
            if (!value.asText().equals(expected)) {
                throw new UnsupportedModelException(key, value, expected);
            }
        }
    }

    /** A flag that only one value of is implemented, which is also what Hugging Face takes where there is nothing. */
    void requireFlag(String key, boolean expected) {
        JsonNode value = config.path(key);
        if (!value.isMissingNode() && value.asBoolean(!expected) != expected) {
            throw new UnsupportedModelException(key, value, expected);
        }
    }
}
