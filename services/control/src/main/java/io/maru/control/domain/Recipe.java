package io.maru.control.domain;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * A whole run, as its operator writes it. What stands in a step's section is the business of its kind, and of the service
 * that does it.
 *
 * @param name also that of the model which is published, unless a step says otherwise
 * @param priority from -10 to 10 within the workspace; higher comes first
 */
public record Recipe(String name, int priority, List<Section> steps) {
    public static final int MIN_PRIORITY = -10;
    public static final int MAX_PRIORITY = 10;

    public Recipe {
        steps = List.copyOf(steps);
    }

    /**
     * One step, as it is written.
     *
     * @param index its place in the list, from 0
     * @param content all keys below the kind
     */
    public record Section(int index, String kind, ObjectNode content) {
        /** Where it stands in the recipe, as in {@code steps[3].train}. */
        public String path() {
            return "steps[" + index + "]." + kind;
        }
    }
}
