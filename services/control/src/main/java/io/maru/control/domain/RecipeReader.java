package io.maru.control.domain;

import static io.maru.control.domain.ControlReason.RECIPE_INVALID;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.maru.platform.error.Refusal;
import io.maru.platform.error.Violations;
import io.maru.platform.spec.Nearest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * YAML to {@link Recipe}. Plain data only: no type tags, no anchors, no aliases, no second document, no key twice. What
 * stands below the kind of a step is left to the kind.
 */
public final class RecipeReader {
    public static final int MAX_BYTES = 64 * 1024;
    public static final int MAX_STEPS = 100;
    private static final int MAX_DEPTH = 10;
    private static final List<String> KEYS = List.of("name", "priority", "steps");
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    private static final YAMLFactory yaml = YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(100)
                    .maxNameLength(200)
                    .build())
            .build();
    private static final ObjectMapper mapper =
            new ObjectMapper(yaml).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private RecipeReader() {}

    /**
     * What can be read of a recipe.
     *
     * @param violations gets each mistake that leaves the rest readable
     * @throws Refusal RECIPE_INVALID where nothing can be read
     */
    public static Recipe read(String text, Violations violations) {
        ObjectNode top = tree(text);
        top.fieldNames().forEachRemaining(key -> {
            if (!KEYS.contains(key)) {
                violations.add(
                        Shown.cut(key), "an unknown key", "a known one; the nearest is " + Nearest.to(key, KEYS));
            }
        });
        return new Recipe(name(top, violations), priority(top, violations), steps(top, violations));
    }

    private static String name(ObjectNode top, Violations violations) {
        JsonNode value = top.path("name");
        if (value.isNumber() || value.isBoolean()) {
            violations.add("name", Shown.of(value), "text; put it in quotes: \"" + Shown.of(value) + '"');
            return "unnamed";
        }
        if (!value.isTextual() || !NAME.matcher(value.textValue()).matches()) {
            violations.add(
                    "name",
                    Shown.of(value),
                    "lowercase letters, digits and hyphens, at most 63, no hyphen at either end");
            return "unnamed";
        }
        return value.textValue();
    }

    private static int priority(ObjectNode top, Violations violations) {
        JsonNode value = top.path("priority");
        if (value.isMissingNode()) {
            return 0;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToInt()
                || value.intValue() < Recipe.MIN_PRIORITY
                || value.intValue() > Recipe.MAX_PRIORITY) {
            violations.add(
                    "priority",
                    Shown.of(value),
                    String.format(
                            Locale.ROOT, "a whole number from %d to %d", Recipe.MIN_PRIORITY, Recipe.MAX_PRIORITY));
            return 0;
        }
        return value.intValue();
    }

    private static List<Recipe.Section> steps(ObjectNode top, Violations violations) {
        JsonNode list = top.path("steps");
        if (!list.isArray() || list.isEmpty() || list.size() > MAX_STEPS) {
            violations.add(
                    "steps",
                    list.isArray() ? list.size() + " of them" : Shown.of(list),
                    String.format(
                            Locale.ROOT,
                            "a list of 1 to %d, each a kind with its keys, as in: - encode: {}",
                            MAX_STEPS));
            return List.of();
        }
        List<Recipe.Section> steps = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            JsonNode step = list.get(i);
            if (!(step instanceof ObjectNode object) || object.size() != 1) {
                violations.add(
                        "steps[" + i + "]",
                        step.isObject() ? step.size() + " keys" : Shown.of(step),
                        "one kind with its keys below it, as in: - encode: {}");
                continue;
            }
            Map.Entry<String, JsonNode> only = object.properties().iterator().next();
            JsonNode content = isEmpty(only.getValue()) ? JsonNodeFactory.instance.objectNode() : only.getValue();
            if (content instanceof ObjectNode keys) {
                steps.add(new Recipe.Section(i, only.getKey(), keys));
            } else {
                violations.add(
                        "steps[" + i + "]." + Shown.cut(only.getKey()), Shown.of(content), "keys with values, or {}");
            }
        }
        return steps;
    }

    /** Of {@code - encode:} YAML makes a text without a character. */
    private static boolean isEmpty(JsonNode value) {
        return value.isNull() || (value.isTextual() && value.textValue().isEmpty());
    }

    private static ObjectNode tree(String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw RECIPE_INVALID.because("recipe: %d bytes (expected: at most %d)", bytes, MAX_BYTES);
        }
        try {
            checkPlain(text);
            JsonNode node = mapper.readTree(text);
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw RECIPE_INVALID.because(
                    "recipe: %s (expected: keys with values)",
                    node == null || node.isMissingNode() ? "empty" : Shown.of(node));
        } catch (JsonProcessingException e) {
            throw malformed(e);
        } catch (IOException e) {
            throw new UncheckedIOException("a string cannot fail to be read", e);
        }
    }

    /** Refuses what a tree would silently drop, or take for something else than it looks like. */
    private static void checkPlain(String text) throws IOException {
        Violations ambiguous = new Violations();
        try (YAMLParser parser = yaml.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (parser.getTypeId() != null) {
                    throw unwelcome(parser, "the type tag " + parser.getTypeId());
                }
                if (parser.isCurrentAlias() || parser.getObjectId() != null) {
                    throw unwelcome(parser, "an anchor or alias");
                }
                if (token.isScalarValue() && !isQuoted(parser, text)) {
                    String word = parser.getText();
                    PlainWord.expectation(word)
                            .ifPresent(expected -> ambiguous.add(
                                    path(parser.getParsingContext()
                                            .pathAsPointer()
                                            .toString()),
                                    Shown.cut(word),
                                    expected));
                }
            }
        }
        ambiguous.throwIfAny(RECIPE_INVALID);
    }

    /** Whether the current value is written in quotes or as a block, so that it can only be text. */
    private static boolean isQuoted(YAMLParser parser, String text) {
        // SnakeYAML counts code points, and its numbers of an empty value point behind it.
        int points = (int) parser.currentTokenLocation().getCharOffset();
        if (points >= text.codePointCount(0, text.length())) {
            return false;
        }
        return "'\"|>".indexOf(text.charAt(text.offsetByCodePoints(0, points))) >= 0;
    }

    /** {@code /steps/3/train/heads} as {@code steps[3].train.heads}. */
    private static String path(String pointer) {
        return pointer.substring(1).replaceAll("/(\\d+)(?=/|$)", "[$1]").replace('/', '.');
    }

    private static Refusal unwelcome(JsonParser parser, String what) {
        return RECIPE_INVALID.because(
                "recipe: %s in line %d (expected: plain values)",
                what, parser.currentTokenLocation().getLineNr());
    }

    private static Refusal malformed(JsonProcessingException e) {
        String problem = e.getOriginalMessage().lines().findFirst().orElse("unreadable");
        String place =
                e.getLocation() == null ? "" : " in line " + e.getLocation().getLineNr();
        return new Refusal(RECIPE_INVALID, "recipe: " + problem + place + " (expected: YAML, each key once)", e);
    }
}
