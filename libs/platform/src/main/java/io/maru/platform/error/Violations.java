package io.maru.platform.error;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Everything that is wrong with a request, gathered so that its sender learns of it at once.
 *
 * <pre>{@code
 * Violations violations = new Violations();
 * if (width % heads != 0) {
 *     violations.add("model.heads", "" + heads, "a divisor of width, " + width);
 * }
 * violations.throwIfAny(SPEC_INVALID);
 * }</pre>
 */
public final class Violations {
    private final List<Violation> found = new ArrayList<>();

    /** @param path of the field, in JSON's names */
    public void add(String path, String found, String expected) {
        this.found.add(Violation.of(path, found, expected));
    }

    /** Adds what somebody else found below {@code prefix}, {@code steps[3].train} say; an empty one leaves the paths as they are. */
    public void addAll(String prefix, Collection<Violation> violations) {
        for (Violation violation : violations) {
            found.add(new Violation(join(prefix, violation.path()), violation.text()));
        }
    }

    /** The path of {@code field} below {@code prefix}; either may be empty. */
    public static String join(String prefix, String field) {
        if (prefix.isEmpty() || field.isEmpty()) {
            return prefix + field;
        }
        return prefix + "." + field;
    }

    public boolean isEmpty() {
        return found.isEmpty();
    }

    /** In the order in which they were found. */
    public List<Violation> list() {
        return List.copyOf(found);
    }

    /** @throws Refusal with all of them, a line each, where there is any */
    public void throwIfAny(Reason reason) {
        if (!found.isEmpty()) {
            throw new Refusal(reason, found);
        }
    }
}
