package io.maru.control.domain;

import java.util.List;

/**
 * What a kind of step takes.
 *
 * @param key under which a recipe may name it
 * @param roles of the resources that serve, any of them
 * @param absent what it is where the recipe does not name it
 */
public record Input(String key, List<String> roles, Absent absent) {
    /** What an input is that a recipe does not name. */
    public enum Absent {
        /** What the nearest earlier step makes. Where none does, the recipe is refused. */
        NEAREST,
        /** Nothing: the step does without. */
        NOTHING,
        /** A resource that is called as the recipe is, and need not exist yet. */
        CALLED_AS_THE_RECIPE
    }

    public Input {
        roles = List.copyOf(roles);
    }

    /** An input without which the step cannot be done, called as its role. */
    public static Input needed(String role) {
        return new Input(role, List.of(role), Absent.NEAREST);
    }

    /** An input that the step has only where the recipe names it. */
    public static Input optional(String key, String... roles) {
        return new Input(key, List.of(roles), Absent.NOTHING);
    }

    /** The name of a resource that the step adds to. */
    public static Input target(String role) {
        return new Input(role, List.of(role), Absent.CALLED_AS_THE_RECIPE);
    }
}
