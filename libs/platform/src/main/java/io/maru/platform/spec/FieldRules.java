package io.maru.platform.spec;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import io.maru.options.v1.FieldRule;
import io.maru.options.v1.Options;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the contract says of one field of a spec, and how that is put into words. */
record FieldRules(FieldDescriptor field, FieldRule rule) {
    static final String AUTO = "auto";

    static FieldRules of(FieldDescriptor field) {
        return new FieldRules(field, field.getOptions().getExtension(Options.field));
    }

    String key() {
        return field.getJsonName();
    }

    boolean isHidden() {
        return rule.getHidden();
    }

    /** What stands on the wire for {@code auto}. */
    Object auto() {
        return switch (field.getJavaType()) {
            case INT -> refusesZero() ? 0 : -1;
            case LONG -> refusesZero() ? 0L : -1L;
            case FLOAT -> refusesZero() ? 0f : -1f;
            case DOUBLE -> refusesZero() ? 0d : -1d;
            case STRING -> AUTO;
            case ENUM -> field.getEnumType().findValueByNumber(0);
            case BOOLEAN, BYTE_STRING, MESSAGE ->
                throw new IllegalStateException(
                        field.getFullName() + ": auto (expected: only of a number, a text or an enum)");
        };
    }

    boolean isAuto(Object value) {
        return rule.getAuto() && auto().equals(value);
    }

    private boolean refusesZero() {
        return !inBounds(0);
    }

    /** Bounds that exclude their value hold for the number as a float too, which is what models compute with. */
    boolean inBounds(double value) {
        return !Double.isNaN(value)
                && !Double.isInfinite(value)
                && (!rule.hasMin() || value >= rule.getMin())
                && (!rule.hasMax() || value <= rule.getMax())
                && (!rule.hasAbove() || value > rule.getAbove() && (float) value > rule.getAbove())
                && (!rule.hasBelow() || value < rule.getBelow() && (float) value < rule.getBelow());
    }

    /** The words that an enum's values have in a recipe. */
    List<String> words() {
        return field.getEnumType().getValues().stream()
                .filter(value -> value.getNumber() != 0)
                .map(FieldRules::word)
                .toList();
    }

    static String word(EnumValueDescriptor value) {
        return value.getName().toLowerCase(Locale.ROOT);
    }

    Optional<EnumValueDescriptor> valueOf(String word) {
        return field.getEnumType().getValues().stream()
                .filter(value -> value.getNumber() != 0 && word(value).equals(word))
                .findFirst();
    }

    boolean fits(String text) {
        return (rule.getMaxLength() == 0 || text.codePointCount(0, text.length()) <= rule.getMaxLength())
                && (rule.getPattern().isEmpty() || Pattern.matches(rule.getPattern(), text));
    }

    boolean isWhole() {
        return field.getJavaType() == JavaType.INT || field.getJavaType() == JavaType.LONG;
    }

    /** What a value, or an element of a list, must be. */
    String expected() {
        String expected =
                switch (field.getJavaType()) {
                    case INT, LONG -> "a whole number" + bounds();
                    case FLOAT, DOUBLE -> "a number" + bounds();
                    case BOOLEAN -> "true or false";
                    case STRING -> text();
                    case ENUM -> String.join(" or ", words());
                    case MESSAGE -> "keys with values";
                    case BYTE_STRING -> "bytes";
                };
        return rule.getAuto() ? expected + ", or " + AUTO : expected;
    }

    String expectedList() {
        String list = rule.getMaxItems() == 0 ? "a list" : "a list of at most " + rule.getMaxItems();
        return list + ", each " + expected();
    }

    private String text() {
        StringBuilder text = new StringBuilder("text");
        if (!rule.getPattern().isEmpty()) {
            text.append(" that matches ").append(rule.getPattern());
        }
        if (rule.getMaxLength() > 0) {
            text.append(" of at most ").append(rule.getMaxLength()).append(" characters");
        }
        return text.toString();
    }

    /** As in {@code " from 1 to 96"} or {@code " > 0 and at most 1"}. */
    private String bounds() {
        String lower = rule.hasMin() ? plain(rule.getMin()) : rule.hasAbove() ? "> " + plain(rule.getAbove()) : "";
        if (rule.hasMin() && rule.hasMax()) {
            return " from " + lower + " to " + plain(rule.getMax());
        }
        if (rule.hasMin()) {
            return rule.hasBelow() ? " from " + lower + " and below " + plain(rule.getBelow()) : " >= " + lower;
        }
        String upper = rule.hasMax()
                ? (lower.isEmpty() ? "<= " : "at most ") + plain(rule.getMax())
                : rule.hasBelow() ? (lower.isEmpty() ? "< " : "below ") + plain(rule.getBelow()) : "";
        if (lower.isEmpty() || upper.isEmpty()) {
            return lower.isEmpty() && upper.isEmpty() ? "" : " " + lower + upper;
        }
        return " " + lower + " and " + upper;
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) && Math.abs(bound) < 1e15
                ? Long.toString((long) bound)
                : Double.toString(bound).replace(".0E", "e").replace('E', 'e');
    }

    /** The value that an absent field means; nothing where the service computes it or the field is required. */
    Optional<Object> defaultValue() {
        String text = rule.getDefault();
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (rule.getAuto() && text.equals(AUTO)) {
            return Optional.of(auto());
        }
        try {
            return Optional.of(
                    switch (field.getJavaType()) {
                        case INT -> Integer.valueOf(text);
                        case LONG -> Long.valueOf(text);
                        case FLOAT -> Float.valueOf(text);
                        case DOUBLE -> Double.valueOf(text);
                        case BOOLEAN -> parseBoolean(text);
                        case STRING -> text;
                        case ENUM -> valueOf(text).orElseThrow(() -> new IllegalArgumentException("no such word"));
                        case MESSAGE, BYTE_STRING -> throw new IllegalArgumentException("no default of this type");
                    });
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException(
                    "%s: default %s (expected: %s)".formatted(field.getFullName(), text, expected()), e);
        }
    }

    private static Boolean parseBoolean(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("no such word");
        }
        return Boolean.valueOf(text);
    }
}
