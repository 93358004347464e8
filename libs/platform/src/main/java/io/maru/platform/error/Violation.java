package io.maru.platform.error;

/**
 * One thing that is wrong with a request.
 *
 * @param path of the field, in JSON's names, as in {@code steps[3].train.model.heads}
 * @param text what was found and what was expected, as in {@code 5 (expected: a divisor of width, 128)}
 */
public record Violation(String path, String text) {
    static Violation of(String path, String found, String expected) {
        return new Violation(path, found + " (expected: " + expected + ")");
    }

    @Override
    public String toString() {
        return path.isEmpty() ? text : path + ": " + text;
    }
}
