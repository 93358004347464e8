package io.maru.control.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.error.Refusal;
import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeReaderTest {
    private static final String SHORT = "name: a\nsteps:\n  - encode: {}\n";

    @Test
    void readsNamePriorityAndSteps() {
        Recipe recipe = read("""
                name: a-1
                priority: -3
                steps:
                  - ingest: {validationFraction: 0.2}
                  - encode:
                  - train: {name: pretrain, model: {width: 8}}
                """);

        assertThat(recipe.name()).isEqualTo("a-1");
        assertThat(recipe.priority()).isEqualTo(-3);
        assertThat(recipe.steps()).extracting(Recipe.Section::kind).containsExactly("ingest", "encode", "train");
        assertThat(recipe.steps()).extracting(Recipe.Section::path).last().isEqualTo("steps[2].train");
        assertThat(recipe.steps().get(0).content().path("validationFraction").doubleValue())
                .isEqualTo(0.2);
        assertThat(recipe.steps().get(1).content()).isEmpty();
        assertThat(read(SHORT).priority()).isZero();
    }

    @Test
    void tellsEveryMistakeAtOnce() {
        assertThat(violations("""
                        name: Demo
                        prioritty: 3
                        priority: 11
                        steps:
                          - encode
                          - train: 3
                          - {publish: {}, serve: {}}
                        """))
                .containsExactly(
                        "prioritty: an unknown key (expected: a known one; the nearest is priority)",
                        "name: \"Demo\" (expected: lowercase letters, digits and hyphens, at most 63, no hyphen at either"
                                + " end)",
                        "priority: 11 (expected: a whole number from -10 to 10)",
                        "steps[0]: \"encode\" (expected: one kind with its keys below it, as in: - encode: {})",
                        "steps[1].train: 3 (expected: keys with values, or {})",
                        "steps[2]: 2 keys (expected: one kind with its keys below it, as in: - encode: {})");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Demo", "a/b", "-a", "a-", "../a", "12", "true", "''", "a b", "[a]"})
    void refusesNamesThatCannotBeObjectKeys(String name) {
        assertThat(violations(SHORT.replace("name: a", "name: " + name)))
                .singleElement()
                .asString()
                .startsWith("name: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "steps: {}", "steps: []", "steps: 3"})
    void refusesARecipeWithoutSteps(String steps) {
        assertThat(violations("name: a\n" + steps + "\n"))
                .singleElement()
                .asString()
                .startsWith("steps: ")
                .endsWith("(expected: a list of 1 to 100, each a kind with its keys, as in: - encode: {})");
    }

    @Test
    void refusesMoreStepsThanARunMayHave() {
        assertThat(violations("name: a\nsteps:\n" + "  - encode: {}\n".repeat(101)))
                .singleElement()
                .asString()
                .startsWith("steps: 101 of them");
    }

    @Test
    void refusesWhatIsNoPlainYaml() {
        assertRefused("", "recipe: empty (expected: keys with values)");
        assertRefused("- a", "recipe: a list (expected: keys with values)");
        assertRefused("just words", "recipe: \"just words\" (expected: keys with values)");
        assertRefusedStarting(SHORT + "name: b\n", "recipe: Duplicate field 'name' in line 4");
        assertRefusedStarting("name: [a\nb: c", "recipe: ");
        assertRefusedStarting(SHORT + "---\n" + SHORT, "recipe: ");
        assertRefused(
                "name: !!javax.script.ScriptEngineManager [a]\n",
                "recipe: the type tag tag:yaml.org,2002:javax.script.ScriptEngineManager in line 1 (expected: plain"
                        + " values)");
        assertRefused(
                SHORT.replace("{}", "&c {a: 1}"), "recipe: an anchor or alias in line 3 (expected: plain values)");
        assertRefused(
                SHORT.replace("name: a", "name: *a"), "recipe: an anchor or alias in line 1 (expected: plain values)");
    }

    @Test
    void refusesNumbersThatAreNone() {
        assertRefused(
                "name: a\nsteps:\n  - encode: {}\n  - train: {model: {width: .nan}, rate: -.inf}\n",
                "steps[1].train.model.width: .nan (expected: a finite number; if text is meant, put it in quotes:"
                        + " \".nan\")\n"
                        + "steps[1].train.rate: -.inf (expected: a finite number; if text is meant, put it in quotes:"
                        + " \"-.inf\")");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0100",
                "+0100",
                "-007",
                "08",
                "00",
                "0_1",
                "00.5",
                "01e3",
                "0o17",
                "0x1F",
                "0b11",
                "1:30",
                "190:20:30.15",
                "2024-01-31",
                "2024-1-3",
                "2024-01-31T12:00:00Z",
                "2024-01-31 12:00:00",
                "~",
                "null",
                "Null",
                ".inf",
                "-.INF",
                ".NaN",
                "yes",
                "Yes",
                "NO",
                "no",
                "on",
                "Off",
                "y",
                "N",
                "True",
                "FALSE"
            })
    void refusesWordsThatLookLikeSomethingElseAndSaysThemAsWritten(String word) {
        assertThatThrownBy(() -> RecipeReader.read(
                        "# 가🌊\n" + SHORT + "  - serve:\n      sample: {prompt: [a, " + word + "]}\n",
                        new Violations()))
                .isInstanceOfSatisfying(Refusal.class, e -> assertThat(e.getMessage())
                        .startsWith("steps[1].serve.sample.prompt[1]: " + word + " (expected: ")
                        .endsWith("if text is meant, put it in quotes: \"" + word + "\")"));
    }

    @Test
    void aNameThatYamlTakesForFalseIsRefusedAsTheWordThatItIs() {
        assertRefused(
                SHORT.replace("name: a", "name: no"),
                "name: no (expected: true or false; if text is meant, put it in quotes: \"no\")");
        assertThat(read(SHORT.replace("name: a", "name: 'no'")).name()).isEqualTo("no");
    }

    @Test
    void takesInQuotesWhateverItLooksLike() {
        Recipe recipe = read("""
                name: "no"
                steps:
                  - serve: {a: '0100', "🌊": "yes", c: "~"}
                  - train:
                      block: |
                        no
                      folded: >-
                        2024-01-31
                """);

        assertThat(recipe.steps().get(0).content()).hasToString("{\"a\":\"0100\",\"🌊\":\"yes\",\"c\":\"~\"}");
        assertThat(recipe.steps().get(1).content().path("folded").textValue()).isEqualTo("2024-01-31");
    }

    @Test
    void readsNumbersAndTextsThatCanOnlyBeWhatTheyLookLike() {
        Recipe recipe = read(
                "name: a\nsteps:\n"
                        + "  - train: {a: 0, b: 100, c: -1, d: 0.5, e: 3e-4, f: 1_000, g: .5, h: true, i: nothing, j: 2024-01, k: 0.0}\n");

        assertThat(recipe.steps().get(0).content())
                .hasToString("{\"a\":0,\"b\":100,\"c\":-1,\"d\":0.5,\"e\":3.0E-4,\"f\":1000,\"g\":0.5,\"h\":true,"
                        + "\"i\":\"nothing\",\"j\":\"2024-01\",\"k\":0.0}");
    }

    @Test
    void aNameThatIsANumberIsToldToBePutInQuotes() {
        assertThat(violations(SHORT.replace("name: a", "name: 12")))
                .containsExactly("name: 12 (expected: text; put it in quotes: \"12\")");
    }

    @Test
    void refusesWhatIsTooLargeOrTooDeep() {
        assertRefused("#" + "가".repeat(30_000), "recipe: 90001 bytes (expected: at most 65536)");
        assertRefusedStarting("a: " + "[".repeat(20_000), "recipe: ");
    }

    private static Recipe read(String text) {
        Violations violations = new Violations();
        Recipe recipe = RecipeReader.read(text, violations);
        assertThat(violations.list()).isEmpty();
        return recipe;
    }

    private static List<String> violations(String text) {
        Violations violations = new Violations();
        RecipeReader.read(text, violations);
        return violations.list().stream().map(Violation::toString).toList();
    }

    private static void assertRefused(String recipe, String message) {
        assertThatThrownBy(() -> RecipeReader.read(recipe, new Violations()))
                .isInstanceOf(Refusal.class)
                .hasMessage(message);
    }

    private static void assertRefusedStarting(String recipe, String start) {
        assertThatThrownBy(() -> RecipeReader.read(recipe, new Violations()))
                .isInstanceOf(Refusal.class)
                .hasMessageStartingWith(start)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }
}
