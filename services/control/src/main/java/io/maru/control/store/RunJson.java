package io.maru.control.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.control.domain.Failure;
import io.maru.control.domain.InputValue;
import io.maru.control.domain.Plan;
import io.maru.control.domain.PlannedStep;
import io.maru.control.domain.Progress;
import io.maru.control.domain.StepState;
import io.maru.control.domain.StepStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** The graph of a run and the states of its steps as jsonb columns. */
final class RunJson {
    private static final ObjectMapper json = new ObjectMapper();

    private RunJson() {}

    /** PostgreSQL's texts have no U+0000, and a model may well write one. */
    static String storable(String text) {
        return text.replace('\0', '\uFFFD');
    }

    static String plan(Plan plan) {
        ArrayNode list = json.createArrayNode();
        for (PlannedStep step : plan.steps()) {
            ObjectNode node = list.addObject().put("name", step.name()).put("kind", step.kind());
            node.set("spec", step.spec());
            ObjectNode inputs = node.putObject("inputs");
            step.inputs().forEach((key, value) -> {
                ObjectNode input = inputs.putObject(key);
                if (value instanceof InputValue.Made made) {
                    input.put("step", made.step()).put("role", made.role());
                } else if (value instanceof InputValue.Named named) {
                    input.put("name", named.name());
                }
            });
        }
        return storable(list.toString());
    }

    static Plan plan(String text) {
        List<PlannedStep> steps = new ArrayList<>();
        for (JsonNode node : tree(text)) {
            Map<String, InputValue> inputs = new HashMap<>();
            node.path("inputs").properties().forEach(entry -> {
                JsonNode value = entry.getValue();
                inputs.put(
                        entry.getKey(),
                        value.has("step")
                                ? new InputValue.Made(text(value, "step"), text(value, "role"))
                                : new InputValue.Named(text(value, "name")));
            });
            steps.add(new PlannedStep(text(node, "name"), text(node, "kind"), (ObjectNode) node.path("spec"), inputs));
        }
        return new Plan(steps);
    }

    static String steps(Map<String, StepStatus> steps) {
        ArrayNode list = json.createArrayNode();
        steps.forEach((name, step) -> {
            ObjectNode node = list.addObject()
                    .put("name", name)
                    .put("state", step.state().name())
                    .put("attempt", step.attempt())
                    .put("change", step.changeTime().toString())
                    .put("text", storable(step.text()))
                    .put("message", storable(step.message()))
                    .put("troubles", step.troubles());
            Progress progress = step.progress();
            ObjectNode work = node.putObject("progress")
                    .put("done", progress.done())
                    .put("total", progress.total())
                    .put("unit", progress.unit());
            put(work.putObject("numbers"), progress.numbers());
            progress.secondsLeft().ifPresent(seconds -> work.put("left", seconds));
            ObjectNode made = node.putObject("made");
            step.made().forEach(made::put);
            put(node.putObject("numbers"), step.numbers());
            step.failure().ifPresent(failure -> node.putObject("failure")
                    .put("domain", failure.domain())
                    .put("reason", failure.reason())
                    .put("message", storable(failure.message())));
            step.start().ifPresent(start -> node.put("start", start.toString()));
            step.end().ifPresent(end -> node.put("end", end.toString()));
        });
        return list.toString();
    }

    static Map<String, StepStatus> steps(String text) {
        Map<String, StepStatus> steps = new LinkedHashMap<>();
        for (JsonNode node : tree(text)) {
            JsonNode failure = node.path("failure");
            JsonNode work = node.path("progress");
            steps.put(
                    text(node, "name"),
                    new StepStatus(
                            StepState.valueOf(text(node, "state")),
                            node.path("attempt").intValue(),
                            Instant.parse(text(node, "change")),
                            new Progress(
                                    work.path("done").longValue(),
                                    work.path("total").longValue(),
                                    text(work, "unit"),
                                    numbers(work.path("numbers")),
                                    work.has("left")
                                            ? OptionalDouble.of(
                                                    work.path("left").doubleValue())
                                            : OptionalDouble.empty()),
                            names(node.path("made")),
                            numbers(node.path("numbers")),
                            text(node, "text"),
                            text(node, "message"),
                            failure.isMissingNode()
                                    ? Optional.empty()
                                    : Optional.of(new Failure(
                                            text(failure, "domain"),
                                            text(failure, "reason"),
                                            text(failure, "message"))),
                            time(node, "start"),
                            time(node, "end"),
                            node.path("troubles").intValue()));
        }
        return steps;
    }

    static String numbers(Map<String, Double> numbers) {
        ObjectNode node = json.createObjectNode();
        put(node, numbers);
        return node.toString();
    }

    static Map<String, Double> numbers(String text) {
        return numbers(tree(text));
    }

    /** JSON has no infinity and nothing that is no number, and neither says how a step went. */
    private static void put(ObjectNode node, Map<String, Double> numbers) {
        numbers.forEach((name, value) -> {
            if (Double.isFinite(value)) {
                node.put(name, value);
            }
        });
    }

    private static Map<String, Double> numbers(JsonNode node) {
        Map<String, Double> numbers = new HashMap<>();
        node.properties()
                .forEach(entry -> numbers.put(entry.getKey(), entry.getValue().doubleValue()));
        return numbers;
    }

    private static Map<String, String> names(JsonNode node) {
        Map<String, String> names = new HashMap<>();
        node.properties()
                .forEach(entry -> names.put(entry.getKey(), entry.getValue().textValue()));
        return names;
    }

    private static Optional<Instant> time(JsonNode node, String key) {
        return node.has(key) ? Optional.of(Instant.parse(text(node, key))) : Optional.empty();
    }

    private static String text(JsonNode node, String key) {
        return node.path(key).textValue();
    }

    private static JsonNode tree(String text) {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a column of run holds no JSON: " + text, e);
        }
    }
}
