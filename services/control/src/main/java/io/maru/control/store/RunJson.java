package io.maru.control.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.control.domain.Result;
import io.maru.control.domain.Stage;
import io.maru.control.domain.StageTime;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** The two maps of a run as jsonb columns. */
final class RunJson {
    private static final ObjectMapper json = new ObjectMapper();

    private RunJson() {}

    /** PostgreSQL's texts have no U+0000, and a model may well write one. */
    static String storable(String text) {
        return text.replace('\0', '\uFFFD');
    }

    static String results(Map<Result, String> results) {
        ObjectNode node = json.createObjectNode();
        results.forEach((result, value) -> node.put(result.name(), storable(value)));
        return node.toString();
    }

    static Map<Result, String> results(String text) {
        Map<Result, String> results = new EnumMap<>(Result.class);
        tree(text)
                .properties()
                .forEach(entry -> results.put(
                        Result.valueOf(entry.getKey()), entry.getValue().textValue()));
        return results;
    }

    static String stages(Map<Stage, StageTime> stages) {
        ObjectNode node = json.createObjectNode();
        stages.forEach((stage, time) -> {
            ObjectNode times =
                    node.putObject(stage.name()).put("start", time.start().toString());
            time.end().ifPresent(end -> times.put("end", end.toString()));
        });
        return node.toString();
    }

    static Map<Stage, StageTime> stages(String text) {
        Map<Stage, StageTime> stages = new EnumMap<>(Stage.class);
        tree(text).properties().forEach(entry -> {
            JsonNode end = entry.getValue().path("end");
            stages.put(
                    Stage.valueOf(entry.getKey()),
                    new StageTime(
                            Instant.parse(entry.getValue().path("start").textValue()),
                            end.isMissingNode() ? Optional.empty() : Optional.of(Instant.parse(end.textValue()))));
        });
        return stages;
    }

    private static JsonNode tree(String text) {
        try {
            return json.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a column of run holds no JSON: " + text, e);
        }
    }
}
