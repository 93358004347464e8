package io.maru.control.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.control.domain.Attempt;
import io.maru.control.domain.Input;
import io.maru.control.domain.InputValue;
import io.maru.control.domain.Plan;
import io.maru.control.domain.PlannedStep;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Role;
import io.maru.control.domain.Shown;
import io.maru.control.domain.StepKind;
import io.maru.platform.error.Violations;
import io.maru.platform.spec.Nearest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/*
 * What a step takes is found in this order:
 *
 *     evaluate: {dataset: news}              the key says it: an earlier step, or a resource such as datasets/news
 *     publish:  {from: pretrain}             the step after `from`, if it makes it
 *     encode:   {}                           the nearest earlier step that makes it
 *
 * Only earlier steps may be named, so no recipe has a cycle. Every mistake of every step is found before anything is refused.
 */
/** Makes a plan of a recipe: joins the steps to a graph, and asks each step's service what it would refuse. */
public final class Planner {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?");
    private static final Pattern RETRIED = Pattern.compile(".*" + Attempt.RETRIED);

    private final StepWorks works;
    private final Resources resources;

    public Planner(StepWorks works, Resources resources) {
        this.works = works;
        this.resources = resources;
    }

    /** Whether a step of the recipe reads the run's sources. */
    public boolean readsSources(Recipe recipe) {
        return recipe.steps().stream().anyMatch(section -> works.find(section.kind())
                .map(work -> work.kind().readsSources())
                .orElse(false));
    }

    /**
     * The plan of a recipe.
     *
     * @param workspace as in {@code workspaces/default}
     * @param sources full names of the texts that the run is to have; none where they are unknown
     * @param sourceBytes of these texts; 0 where that is unknown
     * @param violations gets every mistake; where it has any afterwards, the plan is of no use
     * @throws io.maru.platform.error.Refusal NEIGHBOUR_UNAVAILABLE
     */
    public Planned plan(
            Recipe recipe, String workspace, List<String> sources, long sourceBytes, Violations violations) {
        return new Planning(recipe, workspace, sources, sourceBytes, violations).plan();
    }

    /**
     * A plan, with what is known beforehand of each step, by the step's name.
     *
     * @param expected the services' own words: {@code parameters}, {@code vocabulary_size}
     */
    public record Planned(Plan plan, Map<String, Map<String, Double>> expected) {}

    /** A section of the recipe whose kind is known. */
    private record Known(Recipe.Section section, String name, StepKind kind, StepWork work, ObjectNode content) {
        String path() {
            return section.path();
        }
    }

    /** One recipe on its way to a plan. */
    private final class Planning {
        private final Recipe recipe;
        private final String workspace;
        private final List<String> sources;
        private final long sourceBytes;
        private final Violations violations;
        private final List<Known> steps = new ArrayList<>();
        private final Map<String, Map<String, Double>> expected = new LinkedHashMap<>();
        private boolean someUnknown;

        Planning(Recipe recipe, String workspace, List<String> sources, long sourceBytes, Violations violations) {
            this.recipe = recipe;
            this.workspace = workspace;
            this.sources = sources;
            this.sourceBytes = sourceBytes;
            this.violations = violations;
        }

        Planned plan() {
            nameSteps();
            List<PlannedStep> planned = new ArrayList<>();
            for (int i = 0; i < steps.size(); i++) {
                planned.add(plan(i));
            }
            Set<String> names = new HashSet<>();
            boolean distinct = planned.stream().allMatch(step -> names.add(step.name()));
            return new Planned(new Plan(distinct ? planned : List.of()), expected);
        }

        private void nameSteps() {
            Map<String, Integer> repeats = new HashMap<>();
            Map<String, Recipe.Section> taken = new HashMap<>();
            for (Recipe.Section section : recipe.steps()) {
                Optional<StepWork> work = works.find(section.kind());
                if (work.isEmpty()) {
                    someUnknown = true;
                    violations.add(
                            "steps[" + section.index() + "]",
                            '"' + Shown.cut(section.kind()) + '"',
                            "one of %s; the nearest is %s"
                                    .formatted(
                                            String.join(", ", works.names()),
                                            Nearest.to(section.kind(), works.names())));
                    continue;
                }
                ObjectNode content = section.content().deepCopy();
                JsonNode written = content.remove("name");
                String name = written == null
                        ? numbered(section.kind(), repeats.merge(section.kind(), 1, Integer::sum))
                        : checkedName(written, section);
                Recipe.Section other = taken.putIfAbsent(name, section);
                if (other != null) {
                    violations.add(
                            section.path() + ".name",
                            name,
                            String.format(
                                    Locale.ROOT, "a name that no other step has, and steps[%d] has it", other.index()));
                }
                steps.add(new Known(section, name, work.get().kind(), work.get(), content));
            }
        }

        private String checkedName(JsonNode written, Recipe.Section section) {
            String name = written.isTextual() ? written.textValue() : "";
            if (!NAME.matcher(name).matches() || RETRIED.matcher(name).matches()) {
                violations.add(
                        section.path() + ".name",
                        Shown.of(written),
                        "lowercase letters, digits and hyphens, at most 32, no hyphen at either end, and no end as in"
                                + " train-a2, which is the second attempt at train");
                // So that nothing else is said about it.
                return "step-" + section.index();
            }
            return name;
        }

        private static String numbered(String kind, int which) {
            return which == 1 ? kind : kind + "-" + which;
        }

        private PlannedStep plan(int index) {
            Known step = steps.get(index);
            Optional<Known> from = from(index);
            Map<String, InputValue> inputs = new HashMap<>();
            Map<String, Double> known = new HashMap<>();
            if (step.kind().readsSources() && sourceBytes > 0) {
                known.put("source_bytes", (double) sourceBytes);
            }
            for (Input input : step.kind().inputs()) {
                JsonNode written = step.content().remove(input.key());
                Optional<InputValue> value =
                        written == null ? unwritten(index, input, from) : written(index, input, written, known);
                value.ifPresent(found -> {
                    inputs.put(input.key(), found);
                    if (found instanceof InputValue.Made made) {
                        known.putAll(expected.getOrDefault(made.step(), Map.of()));
                    }
                });
            }
            Map<String, String> names = new HashMap<>();
            inputs.forEach((key, value) -> names.put(key, name(value)));
            Map<String, Double> own = new HashMap<>(known);
            List<String> read = step.kind().readsSources() ? sources : List.of();
            own.putAll(
                    step.work().check(new StepWork.Draft(step.content(), step.path(), names, known, read), violations));
            expected.put(step.name(), own);
            return new PlannedStep(step.name(), step.kind().name(), step.content(), inputs);
        }

        private static String name(InputValue value) {
            return value instanceof InputValue.Named named ? named.name() : ((InputValue.Made) value).step();
        }

        /** The step after {@code from}, which must be an earlier one that makes something of use. */
        private Optional<Known> from(int index) {
            Known step = steps.get(index);
            JsonNode written = step.content().remove("from");
            if (written == null) {
                return Optional.empty();
            }
            String path = step.path() + ".from";
            List<String> roles = step.kind().inputs().stream()
                    .filter(input -> input.absent() != Input.Absent.CALLED_AS_THE_RECIPE)
                    .flatMap(input -> input.roles().stream())
                    .distinct()
                    .toList();
            Optional<Known> found = earlier(index, written.isTextual() ? written.textValue() : "");
            if (found.isEmpty()) {
                violations.add(path, shownName(written), "an earlier step" + whereItIs(written));
            } else if (roles.stream().noneMatch(found.get().kind().made()::contains)) {
                violations.add(path, written.textValue(), makes(found.get(), roles));
            }
            return found;
        }

        private Optional<InputValue> unwritten(int index, Input input, Optional<Known> from) {
            if (input.absent() == Input.Absent.CALLED_AS_THE_RECIPE) {
                return Optional.of(new InputValue.Named(workspace + "/models/" + recipe.name()));
            }
            Optional<InputValue> given = from.flatMap(step -> made(step, input));
            if (given.isPresent() || input.absent() == Input.Absent.NOTHING) {
                return given;
            }
            for (int i = index - 1; i >= 0; i--) {
                Optional<InputValue> nearest = made(steps.get(i), input);
                if (nearest.isPresent()) {
                    return nearest;
                }
            }
            if (!someUnknown) {
                violations.add(
                        steps.get(index).path() + "." + input.key(),
                        "missing",
                        "an earlier step that makes a %s, or a name as in %s"
                                .formatted(String.join(" or ", input.roles()), examples(input)));
            }
            return Optional.empty();
        }

        private Optional<InputValue> written(int index, Input input, JsonNode written, Map<String, Double> known) {
            String path = steps.get(index).path() + "." + input.key();
            String name = written.isTextual() ? written.textValue() : "";
            if (input.absent() == Input.Absent.CALLED_AS_THE_RECIPE) {
                return target(path, input, name, written);
            }
            Optional<Known> step = earlier(index, name);
            if (step.isPresent()) {
                Optional<InputValue> made = made(step.get(), input);
                if (made.isEmpty()) {
                    violations.add(path, name, makes(step.get(), input.roles()));
                }
                return made;
            }
            Optional<String> role = Role.of(name);
            boolean serves = role.isPresent()
                    && (input.roles().contains(role.get())
                            || (role.get().equals(Role.MODEL) && input.roles().contains(Role.TOKENIZER)));
            if (!serves) {
                violations.add(
                        path,
                        shownName(written),
                        "an earlier step that makes a %s, or a name as in %s%s"
                                .formatted(String.join(" or ", input.roles()), examples(input), whereItIs(written)));
                return Optional.empty();
            }
            Optional<Resources.Resource> found = resources.find(name, input.roles(), path, violations);
            found.ifPresent(resource -> known.putAll(resource.numbers()));
            return found.map(resource -> new InputValue.Named(resource.name()));
        }

        /** What the step adds to; it need not be there yet. */
        private Optional<InputValue> target(String path, Input input, String name, JsonNode written) {
            String prefix = workspace + "/";
            String relative = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
            String role = input.roles().get(0);
            if (relative.startsWith("workspaces/")
                    || relative.chars().filter(c -> c == '/').count() != 1
                    || !Role.of(relative).equals(Optional.of(role))) {
                violations.add(path, Shown.of(written), "a name of this workspace as in " + Role.example(role));
                return Optional.empty();
            }
            return Optional.of(new InputValue.Named(prefix + relative));
        }

        private Optional<Known> earlier(int index, String name) {
            return steps.subList(0, index).stream()
                    .filter(step -> step.name().equals(name))
                    .findFirst();
        }

        private static Optional<InputValue> made(Known step, Input input) {
            return input.roles().stream()
                    .filter(step.kind().made()::contains)
                    .findFirst()
                    .map(role -> new InputValue.Made(step.name(), role));
        }

        private static String makes(Known step, List<String> roles) {
            String made = step.kind().made().isEmpty()
                    ? "nothing"
                    : "a " + String.join(" and a ", step.kind().made());
            return "a step that makes a %s; %s makes %s".formatted(String.join(" or ", roles), step.name(), made);
        }

        private String shownName(JsonNode written) {
            return written.isTextual() ? Shown.cut(written.textValue()) : Shown.of(written);
        }

        /** A word on a step that is meant but does not come before, or on one whose name is nearly the same. */
        private String whereItIs(JsonNode written) {
            String name = written.isTextual() ? written.textValue() : "";
            return steps.stream()
                    .filter(step -> step.name().equals(name))
                    .findFirst()
                    .map(step -> String.format(
                            Locale.ROOT,
                            "; %s is steps[%d], and only earlier ones may be named",
                            name,
                            step.section().index()))
                    .orElse("");
        }

        private String examples(Input input) {
            return input.roles().stream().map(Role::example).collect(Collectors.joining(" or "));
        }
    }
}
