package io.maru.control.domain;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A step of a run, with everything that it takes.
 *
 * @param name unique in the run
 * @param spec the section of the recipe without the name and the inputs: JSON of the message of the service that does it
 * @param inputs by their keys
 */
public record PlannedStep(String name, String kind, ObjectNode spec, Map<String, InputValue> inputs) {
    public PlannedStep {
        inputs = Map.copyOf(inputs);
    }

    /** Names of the steps that must have succeeded before this one begins. */
    public Set<String> waitsFor() {
        return inputs.values().stream()
                .filter(InputValue.Made.class::isInstance)
                .map(value -> ((InputValue.Made) value).step())
                .collect(Collectors.toSet());
    }
}
