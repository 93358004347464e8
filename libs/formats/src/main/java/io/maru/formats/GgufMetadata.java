package io.maru.formats;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The keys of a GGUF file, each with a value of a type. Whoever asks for a key says what it must be, and gets that or a
 * {@link CorruptFileException} with what it is.
 */
public final class GgufMetadata {
    /**
     * A value.
     *
     * @param element the type of an array's elements; null for what is no array
     * @param value a Long, Double, Boolean or String; of an array a long[], float[], double[], boolean[] or {@code
     *     List<String>}
     */
    record Value(GgufValueType type, GgufValueType element, Object value) {
        String describe() {
            if (type == GgufValueType.ARRAY) {
                return "an array of " + element;
            }
            return type + " " + (value instanceof String text ? "\"" + text + "\"" : value);
        }
    }

    private final String file;
    private final Map<String, Value> values;

    GgufMetadata(String file, Map<String, Value> values) {
        this.file = file;
        this.values = new LinkedHashMap<>(values);
    }

    /** The keys in the order of the file. */
    public Set<String> keys() {
        return Set.copyOf(values.keySet());
    }

    public boolean has(String key) {
        return values.containsKey(key);
    }

    public String text(String key) {
        return (String) value(key, GgufValueType.STRING, "a string").value();
    }

    public String text(String key, String fallback) {
        return has(key) ? text(key) : fallback;
    }

    /** An integer of any width, which a signed one of 64 bits can hold. */
    public long integer(String key) {
        Value value = value(key);
        if (!value.type().isInteger()) {
            throw refusal(key, value.describe(), "an integer");
        }
        long number = (long) value.value();
        if (value.type() == GgufValueType.U64 && number < 0) {
            throw refusal(key, "U64 " + Long.toUnsignedString(number), "at most " + Long.MAX_VALUE);
        }
        return number;
    }

    public long integer(String key, long fallback) {
        return has(key) ? integer(key) : fallback;
    }

    /** A number with a fraction, or an integer, which stands for one. */
    public double number(String key) {
        Value value = value(key);
        if (value.value() instanceof Double number) {
            return number;
        }
        if (!value.type().isInteger()) {
            throw refusal(key, value.describe(), "a number");
        }
        return integer(key);
    }

    public double number(String key, double fallback) {
        return has(key) ? number(key) : fallback;
    }

    public boolean flag(String key, boolean fallback) {
        return has(key)
                ? (boolean) value(key, GgufValueType.BOOL, "true or false").value()
                : fallback;
    }

    @SuppressWarnings("unchecked") // An array of strings is read as nothing else.
    public List<String> texts(String key) {
        return (List<String>) array(key, "strings", List.class);
    }

    /** A copy of an array of integers of any width. */
    public long[] integers(String key) {
        return ((long[]) array(key, "integers", long[].class)).clone();
    }

    /** A copy of an array of numbers of 32 bits. */
    public float[] numbers(String key) {
        return ((float[]) array(key, "F32", float[].class)).clone();
    }

    /** Whatever stands there, for a message. */
    public String describe(String key) {
        return has(key) ? value(key).describe() : "absent";
    }

    private Object array(String key, String elements, Class<?> as) {
        Value value = value(key, GgufValueType.ARRAY, "an array of " + elements);
        if (!as.isInstance(value.value())) {
            throw refusal(key, value.describe(), "an array of " + elements);
        }
        return value.value();
    }

    private Value value(String key, GgufValueType type, String expected) {
        Value value = value(key);
        if (value.type() != type) {
            throw refusal(key, value.describe(), expected);
        }
        return value;
    }

    private Value value(String key) {
        Value value = values.get(key);
        if (value == null) {
            throw refusal(key, "absent", "a value");
        }
        return value;
    }

    private CorruptFileException refusal(String key, String found, String expected) {
        return new CorruptFileException(file, "metadata " + key, found, expected);
    }

    @Override
    public boolean equals(Object other) {
        if (!(other instanceof GgufMetadata that) || !values.keySet().equals(that.values.keySet())) {
            return false;
        }
        return values.entrySet().stream().allMatch(entry -> {
            Value mine = entry.getValue();
            Value theirs = that.values.get(entry.getKey());
            return mine.type() == theirs.type()
                    && mine.element() == theirs.element()
                    && Arrays.deepEquals(new Object[] {mine.value()}, new Object[] {theirs.value()});
        });
    }

    @Override
    public int hashCode() {
        return values.keySet().hashCode();
    }

    @Override
    public String toString() {
        return file + ": " + values.size() + " keys";
    }
}
