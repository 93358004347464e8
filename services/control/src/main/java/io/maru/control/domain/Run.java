package io.maru.control.domain;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A recipe on its way through the services.
 *
 * @param name {@code workspaces/{workspace}/runs/{run}}
 * @param position grows with each new run; the order of lists
 * @param requestKey under which the same request again is the same run
 * @param recipe YAML, as submitted
 * @param sources full names of uploads, or keys of objects below the workspace's inbox
 */
public record Run(
        String name,
        long position,
        String requestKey,
        String recipe,
        List<String> sources,
        int priority,
        Instant createTime,
        RunStatus status) {

    public Run {
        sources = List.copyOf(sources);
    }

    public Plan plan() {
        return status.plan();
    }

    public Run with(RunStatus next) {
        return new Run(name, position, requestKey, recipe, sources, priority, createTime, next);
    }

    /** The present attempt at a step. Every step that it waits for has succeeded. */
    public Attempt attempt(String step) {
        PlannedStep planned = plan().step(step);
        StepStatus now = status.step(step);
        return new Attempt(
                name, step, now.attempt(), planned.spec(), inputs(planned), now.made(), sources, recipe, priority);
    }

    /** Full names of what a step takes, as far as they are known. */
    public Map<String, String> inputs(PlannedStep step) {
        Map<String, String> known = new HashMap<>();
        step.inputs().forEach((key, value) -> {
            if (value instanceof InputValue.Named named) {
                known.put(key, named.name());
            } else if (value instanceof InputValue.Made made) {
                String name = status.step(made.step()).made().get(made.role());
                if (name != null) {
                    known.put(key, name);
                }
            }
        });
        return known;
    }
}
