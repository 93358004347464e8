package io.maru.control.domain;

import static io.maru.control.domain.ControlReason.RECIPE_INVALID;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.platform.error.Refusal;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One section of a recipe, read key by key. Its known keys are the components of the record that it becomes. */
final class RecipeFields {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final int LONGEST_SHOWN = 100;

    private final String path;
    private final ObjectNode node;

    /** @param path with a dot at its end, or empty at the top */
    RecipeFields(String path, ObjectNode node, Class<? extends Record> known) {
        this.path = path;
        this.node = node;
        List<String> keys = Arrays.stream(known.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        node.fieldNames().forEachRemaining(key -> {
            if (!keys.contains(key)) {
                throw RECIPE_INVALID.because(
                        "%s: an unknown key (expected: a known one; the nearest is %s)",
                        path + cut(key), path + nearest(key, keys));
            }
        });
    }

    boolean has(String key) {
        return node.has(key);
    }

    /** The section below {@code key}; an empty one where it is absent. */
    RecipeFields section(String key, Class<? extends Record> known) {
        JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            return new RecipeFields(path + key + ".", JsonNodeFactory.instance.objectNode(), known);
        }
        if (value instanceof ObjectNode object) {
            return new RecipeFields(path + key + ".", object, known);
        }
        throw wrong(key, "keys with values");
    }

    /** The sections of a list; none where it is absent. */
    List<RecipeFields> list(String key, Class<? extends Record> known, int most) {
        JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            return List.of();
        }
        String expected = "a list of at most " + most + ", each of keys with values";
        if (!value.isArray() || value.size() > most) {
            throw wrong(key, expected);
        }
        List<RecipeFields> sections = new ArrayList<>();
        for (JsonNode each : value) {
            if (!(each instanceof ObjectNode object)) {
                throw wrong(key, expected);
            }
            sections.add(new RecipeFields(path + key + "[" + sections.size() + "].", object, known));
        }
        return sections;
    }

    String name(String key) {
        String expected = "lowercase letters, digits and hyphens, at most 63, no hyphen at either end";
        JsonNode value = required(key, expected);
        if (!value.isTextual() || !NAME.matcher(value.textValue()).matches()) {
            throw wrong(key, expected);
        }
        return value.textValue();
    }

    String text(String key) {
        JsonNode value = required(key, "text");
        if (!value.isTextual() || value.textValue().isEmpty()) {
            throw wrong(key, "text");
        }
        return value.textValue();
    }

    /** The name of something that a service has, as in {@code tokenizers/gpt2}; nothing where the key is absent. */
    Optional<String> resource(String key, String collection) {
        if (!node.has(key)) {
            return Optional.empty();
        }
        JsonNode value = node.get(key);
        String prefix = collection + "/";
        if (!value.isTextual()
                || !value.textValue().startsWith(prefix)
                || !NAME.matcher(value.textValue().substring(prefix.length())).matches()) {
            throw wrong(key, prefix + " and a name of lowercase letters, digits and hyphens");
        }
        return Optional.of(value.textValue());
    }

    /** Whether the value is left to whoever knows better. */
    boolean isAuto(String key) {
        JsonNode value = node.path(key);
        return value.isTextual() && value.textValue().equals("auto");
    }

    boolean flag(String key, boolean usual) {
        JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            return usual;
        }
        if (!value.isBoolean()) {
            throw wrong(key, "true or false");
        }
        return value.booleanValue();
    }

    /** One of an enum's names, in lowercase letters. */
    <E extends Enum<E>> E choice(String key, E usual) {
        JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            return usual;
        }
        List<E> all = List.of(usual.getDeclaringClass().getEnumConstants());
        return all.stream()
                .filter(one -> value.isTextual() && word(one).equals(value.textValue()))
                .findFirst()
                .orElseThrow(
                        () -> wrong(key, all.stream().map(RecipeFields::word).collect(Collectors.joining(" or "))));
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    int integer(String key, int least, int most) {
        required(key, between(least, most));
        return integer(key, least, least, most);
    }

    int integer(String key, int usual, int least, int most) {
        return (int) whole(key, usual, least, most);
    }

    long whole(String key, long least, long most) {
        required(key, between(least, most));
        return whole(key, least, least, most);
    }

    long whole(String key, long usual, long least, long most) {
        JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            return usual;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < least
                || value.longValue() > most) {
            throw wrong(key, between(least, most));
        }
        return value.longValue();
    }

    /** From {@code least} to {@code most}, both included. */
    double number(String key, double usual, double least, double most) {
        String expected = "a number from " + plain(least) + " to " + plain(most);
        double value = number(key, usual, expected);
        return check(key, value, value >= least && value <= most, expected);
    }

    /** Above {@code least}, up to {@code most}; as a float too, which is what models compute with. */
    double numberAbove(String key, double usual, double least, double most) {
        String expected = "a number > " + plain(least) + " and at most " + plain(most);
        double value = number(key, usual, expected);
        return check(key, value, (float) value > least && value <= most, expected);
    }

    /** From {@code least}, below {@code most}; as a float too. */
    double numberBelow(String key, double usual, double least, double most) {
        String expected = "a number from " + plain(least) + " and below " + plain(most);
        double value = number(key, usual, expected);
        return check(key, value, value >= least && (float) value < most, expected);
    }

    /** Between the two, neither included. */
    double numberBetween(String key, double usual, double least, double most) {
        String expected = "a number > " + plain(least) + " and below " + plain(most);
        double value = number(key, usual, expected);
        return check(key, value, value > least && value < most, expected);
    }

    private double number(String key, double usual, String expected) {
        JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            return usual;
        }
        if (!value.isNumber()) {
            throw wrong(key, expected);
        }
        return value.doubleValue();
    }

    private double check(String key, double value, boolean right, String expected) {
        if (!right) {
            throw wrong(key, expected);
        }
        return value;
    }

    private JsonNode required(String key, String expected) {
        JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            throw missing(key, expected);
        }
        return value;
    }

    Refusal missing(String key, String expected) {
        return RECIPE_INVALID.because("%s: missing (expected: %s)", path + key, expected);
    }

    private Refusal wrong(String key, String expected) {
        return RECIPE_INVALID.because("%s: %s (expected: %s)", path + key, shown(node.get(key)), expected);
    }

    /** A value as the message shows it. */
    static String shown(JsonNode value) {
        if (value.isObject()) {
            return "keys with values";
        }
        if (value.isArray()) {
            return "a list";
        }
        // To YAML, NaN without its dot is a text; to who wrote it, it is none.
        if (value.isTextual() && !value.textValue().equals("NaN")) {
            return '"' + cut(value.textValue()) + '"';
        }
        return cut(value.asText());
    }

    private static String cut(String text) {
        return text.length() <= LONGEST_SHOWN ? text : text.substring(0, LONGEST_SHOWN) + "…";
    }

    private static String between(long least, long most) {
        return most == Long.MAX_VALUE ? "a whole number >= " + least : "a whole number from " + least + " to " + most;
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }

    private static String nearest(String key, List<String> keys) {
        return keys.stream()
                .min(Comparator.comparingInt(known -> distance(key, known)))
                .orElseThrow();
    }

    /** Letters to insert, delete or replace (Levenshtein 1966), whatever their case. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                boolean same = Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1));
                int replaced = diagonal + (same ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
