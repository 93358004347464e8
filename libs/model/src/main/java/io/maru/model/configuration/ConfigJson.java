package io.maru.model.configuration;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.formats.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A {@code config.json}, or another file of keys, that somebody else may have written: every key is checked for what it is
 * expected to be.
 */
public final class ConfigJson {
    private static final String CONFIG = "config.json";
    private static final int MAX_CONFIG_BYTES = 1 << 20;
    /** The largest published tokenizer_config.json has 1.2 MB. */
    private static final int MAX_JSON_BYTES = 1 << 22;

    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(16)
                            .maxStringLength(1 << 20)
                            .maxDocumentLength(MAX_JSON_BYTES)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final JsonNode config;

    private ConfigJson(JsonNode config) {
        this.config = config;
    }

    /** @throws UnsupportedModelException if it is no JSON object */
    static ConfigJson parse(byte[] json) {
        return parse(CONFIG, json, MAX_CONFIG_BYTES);
    }

    /**
     * Reads a file of keys.
     *
     * @param file its name, for the exception
     * @throws UnsupportedModelException if it is no JSON object, or larger than such files are
     */
    public static ConfigJson parse(String file, byte[] json) {
        return parse(file, json, MAX_JSON_BYTES);
    }

    private static ConfigJson parse(String file, byte[] json, int maxBytes) {
        if (json.length > maxBytes) {
            throw new UnsupportedModelException(file, json.length + " bytes", "at most " + maxBytes + " bytes");
        }
        JsonNode config;
        try {
            config = JSON.readTree(json);
        } catch (IOException e) {
            throw new UnsupportedModelException(file + ": no JSON (expected: an object)", e);
        }
        if (!config.isObject()) {
            throw new UnsupportedModelException(file, config.getNodeType(), "an object");
        }
        return new ConfigJson(config);
    }

    public static ObjectNode object() {
        return JSON.createObjectNode();
    }

    public static byte[] bytes(ObjectNode json) {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Runs the constructor of a configuration, whose refusal is of what the file says.
     *
     * @param file its name, for the exception
     */
    public static <T> T checked(String file, Supplier<T> construction) {
        try {
            return construction.get();
        } catch (IllegalArgumentException e) {
            throw new UnsupportedModelException(file + ": " + e.getMessage(), e);
        }
    }

    static <T> T checked(Supplier<T> construction) {
        return checked(CONFIG, construction);
    }

    /** How torch calls a type. */
    static String torch(DType weights) {
        return switch (weights) {
            case F32 -> "float32";
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            default -> throw new IllegalArgumentException("weights: " + weights + " (expected: F32, F16 or BF16)");
        };
    }

    /** A copy of all that it says. */
    public ObjectNode copy() {
        return config.deepCopy();
    }

    /** Whether the key is there, and not null. */
    public boolean has(String key) {
        return config.hasNonNull(key);
    }

    /** The object under a key; an empty one if it is absent or null. */
    public ConfigJson at(String key) {
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

    /** The integer under the first of some keys that is there: newer files have other names for the same. */
    int integer(List<String> keys) {
        return integer(keys.stream().filter(this::has).findFirst().orElse(keys.get(0)));
    }

    /** An integer or a list of them; none where there is nothing. */
    public List<Integer> integers(String key) {
        if (!has(key)) {
            return List.of();
        }
        JsonNode value = config.path(key);
        List<Integer> integers = new ArrayList<>();
        for (JsonNode each : value.isArray() ? value : List.of(value)) {
            if (!each.isIntegralNumber() || !each.canConvertToInt()) {
                throw new UnsupportedModelException(key, value, "an integer or a list of integers");
            }
            integers.add(each.intValue());
        }
        return integers;
    }

    /** The texts of an object in which every value is one. */
    public Map<String, String> texts() {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> each : config.properties()) {
            if (!each.getValue().isTextual()) {
                throw new UnsupportedModelException(each.getKey(), each.getValue(), "a text");
            }
            texts.put(each.getKey(), each.getValue().textValue());
        }
        return texts;
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

    /** Refuses keys that nobody here has a meaning for. */
    void requireKeys(Set<String> known) {
        for (Map.Entry<String, JsonNode> each : config.properties()) {
            if (!known.contains(each.getKey())) {
                throw new UnsupportedModelException(each.getKey(), each.getValue(), "none of this name");
            }
        }
    }

    /** A number that only one value of is implemented, which is also what Hugging Face takes where there is nothing. */
    void requireNumber(String key, double expected) {
        if (has(key) && number(key, expected) != expected) {
            throw new UnsupportedModelException(key, config.path(key), expected);
        }
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
