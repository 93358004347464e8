package io.maru.control.domain;

import com.fasterxml.jackson.databind.JsonNode;

/** Values of a recipe, as messages show them. */
public final class Shown {
    private static final int MAX_LENGTH = 100;

    private Shown() {}

    /** A value; {@code missing} where there is none. */
    public static String of(JsonNode value) {
        if (value.isMissingNode()) {
            return "missing";
        }
        if (value.isObject()) {
            return "keys with values";
        }
        if (value.isArray()) {
            return "a list";
        }
        if (value.isNull()) {
            return "nothing";
        }
        return value.isTextual() ? '"' + cut(value.textValue()) + '"' : cut(value.asText());
    }

    /** A text that is not too long for a message. */
    public static String cut(String text) {
        return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "…";
    }
}
