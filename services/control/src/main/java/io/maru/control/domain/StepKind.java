package io.maru.control.domain;

import java.util.List;

/**
 * What a kind of step takes and makes.
 *
 * @param name as recipes write it: {@code evaluate}
 * @param made roles of the resources that a step of this kind makes
 * @param readsSources whether it reads the run's sources, so that a recipe with it needs some
 */
public record StepKind(String name, List<Input> inputs, List<String> made, boolean readsSources) {
    public StepKind {
        inputs = List.copyOf(inputs);
        made = List.copyOf(made);
    }

    public StepKind(String name, List<Input> inputs, List<String> made) {
        this(name, inputs, made, false);
    }
}
