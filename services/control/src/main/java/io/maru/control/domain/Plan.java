package io.maru.control.domain;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The graph of a run. Each step takes what is there already or what an earlier one makes, so the order of the list is one in
 * which the steps could be done one after another.
 */
public record Plan(List<PlannedStep> steps) {
    public Plan {
        steps = List.copyOf(steps);
        Set<String> earlier = new HashSet<>();
        for (PlannedStep step : steps) {
            if (!earlier.containsAll(step.waitsFor())) {
                throw new IllegalArgumentException(
                        step.name() + ": waits for " + step.waitsFor() + " (expected: earlier steps, " + earlier + ")");
            }
            if (!earlier.add(step.name())) {
                throw new IllegalArgumentException(step.name() + ": twice (expected: each name once)");
            }
        }
    }

    public PlannedStep step(String name) {
        return steps.stream()
                .filter(step -> step.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + ": no step of this plan"));
    }

    public boolean has(String name) {
        return steps.stream().anyMatch(step -> step.name().equals(name));
    }

    /** Names of the steps that wait for one of {@code names}, by way of other steps too, in the order of the plan. */
    public Set<String> dependents(Set<String> names) {
        Set<String> found = new LinkedHashSet<>();
        for (PlannedStep step : steps) {
            if (step.waitsFor().stream().anyMatch(before -> names.contains(before) || found.contains(before))) {
                found.add(step.name());
            }
        }
        return found;
    }
}
