package io.maru.control.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.control.domain.InputValue.Made;
import io.maru.control.domain.InputValue.Named;
import io.maru.control.domain.Plan;
import io.maru.control.domain.PlannedStep;
import io.maru.control.domain.RecipeReader;
import io.maru.platform.error.Violation;
import io.maru.platform.error.Violations;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlannerTest {
    private static final String WORKSPACE = "workspaces/default";
    private static final String SOURCE = WORKSPACE + "/inbox/tales.txt";

    private final Map<String, FakeStep> steps = FakeStep.all();
    private final Planner planner = new Planner(new StepWorks(steps.values()), this::find);
    private final Violations violations = new Violations();

    /** Everything called `there` exists; what is called `young` is not ready. */
    private Optional<Resources.Resource> find(String name, List<String> roles, String path, Violations violations) {
        if (name.endsWith("/there")) {
            boolean own = name.startsWith("models/") && roles.contains("tokenizer");
            return Optional.of(new Resources.Resource(
                    WORKSPACE + "/" + (own ? "tokenizers/of-there" : name), Map.of("vocabulary_size", 50.0)));
        }
        violations.add(path, name, name.endsWith("/young") ? "READY" : "one that is there");
        return Optional.empty();
    }

    private Plan plan(String steps) {
        return planner.plan(
                        RecipeReader.read("name: tales\nsteps:\n" + steps, violations),
                        WORKSPACE,
                        List.of(SOURCE),
                        4000,
                        violations)
                .plan();
    }

    private List<String> mistakes(String steps) {
        plan(steps);
        return violations.list().stream().map(Violation::toString).toList();
    }

    @Test
    void anInputIsWhatTheNearestEarlierStepMakes() {
        Plan plan = plan("""
                  - ingest: {}
                  - tokenizer: {}
                  - encode: {}
                  - train: {}
                  - publish: {}
                  - evaluate: {}
                """);

        assertThat(violations.list()).isEmpty();
        assertThat(plan.step("encode").inputs())
                .containsOnly(
                        Map.entry("corpus", new Made("ingest", "corpus")),
                        Map.entry("tokenizer", new Made("tokenizer", "tokenizer")));
        assertThat(plan.step("train").inputs()).containsOnly(Map.entry("dataset", new Made("encode", "dataset")));
        assertThat(plan.step("publish").inputs())
                .containsOnly(
                        Map.entry("checkpoint", new Made("train", "checkpoint")),
                        Map.entry("model", new Named(WORKSPACE + "/models/tales")));
        assertThat(plan.step("evaluate").inputs())
                .containsOnly(
                        Map.entry("model", new Made("publish", "model")),
                        Map.entry("dataset", new Made("encode", "dataset")));
    }

    @Test
    void stepsOfOneKindAreNumbered() {
        assertThat(plan("""
                          - evaluate: {model: models/there, dataset: datasets/there}
                          - evaluate: {model: models/there, dataset: datasets/there}
                          - evaluate: {name: last, model: models/there, dataset: datasets/there}
                        """).steps()).extracting(PlannedStep::name).containsExactly("evaluate", "evaluate-2", "last");
        assertThat(violations.list()).isEmpty();
    }

    @Test
    void goesOnFromAPublishedModelWithItsTokenizer() {
        Plan plan = plan("""
                  - ingest: {}
                  - encode: {tokenizer: models/there}
                  - train: {init: models/there, steps: 3}
                """);

        assertThat(violations.list()).isEmpty();
        assertThat(plan.step("encode").inputs())
                .containsEntry("tokenizer", new Named(WORKSPACE + "/tokenizers/of-there"));
        assertThat(plan.step("train").inputs()).containsEntry("init", new Named(WORKSPACE + "/models/there"));
        assertThat(plan.step("train").spec().properties())
                .extracting(Map.Entry::getKey)
                .containsExactly("steps");
    }

    @Test
    void fromNamesTheStepThatGivesWhatItCan() {
        Plan plan = plan("""
                  - ingest: {}
                  - tokenizer: {}
                  - encode: {}
                  - train: {name: one}
                  - train: {name: two, from: one}
                  - publish: {from: one, model: models/other}
                """);

        assertThat(violations.list()).isEmpty();
        assertThat(plan.step("two").inputs())
                .containsOnly(
                        Map.entry("init", new Made("one", "checkpoint")),
                        Map.entry("dataset", new Made("encode", "dataset")));
        assertThat(plan.step("publish").inputs())
                .containsOnly(
                        Map.entry("checkpoint", new Made("one", "checkpoint")),
                        Map.entry("model", new Named(WORKSPACE + "/models/other")));
    }

    @Test
    void whatIsKnownOfAnInputReachesTheCheck() {
        plan("""
              - ingest: {}
              - tokenizer: {}
              - encode: {}
              - train: {init: models/there}
            """);

        StepWork.Draft draft = steps.get("train").checked.get(0);
        assertThat(draft.path()).isEqualTo("steps[3].train");
        assertThat(draft.expected()).containsEntry("source_bytes", 4000.0).containsKey("vocabulary_size");
        assertThat(draft.inputs())
                .containsOnly(Map.entry("dataset", "encode"), Map.entry("init", WORKSPACE + "/models/there"));
        assertThat(draft.sources()).as("of a step that reads none").isEmpty();
        assertThat(steps.get("ingest").checked.get(0).sources()).containsExactly(SOURCE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            train: {}                               | steps[0].train.dataset: missing (expected: an earlier step that makes a dataset, or a name as in datasets/NAME)
            train: {dataset: encode}                | steps[0].train.dataset: encode (expected: an earlier step that makes a dataset, or a name as in datasets/NAME)
            train: {dataset: [a]}                   | steps[0].train.dataset: a list (expected: an earlier step that makes a dataset, or a name as in datasets/NAME)
            train: {dataset: train}                 | steps[0].train.dataset: train (expected: an earlier step that makes a dataset, or a name as in datasets/NAME; train is steps[0], and only earlier ones may be named)
            train: {dataset: models/there}          | steps[0].train.dataset: models/there (expected: an earlier step that makes a dataset, or a name as in datasets/NAME)
            train: {dataset: datasets/none}         | steps[0].train.dataset: datasets/none (expected: one that is there)
            train: {dataset: datasets/young}        | steps[0].train.dataset: datasets/young (expected: READY)
            train: {dataset: datasets/there, from: x} | steps[0].train.from: x (expected: an earlier step)
            trian: {}                               | steps[0]: "trian" (expected: one of ingest, tokenizer, encode, train, publish, evaluate, serve; the nearest is train)
            ingest: {name: train-a2}                | steps[0].ingest.name: "train-a2" (expected: lowercase letters, digits and hyphens, at most 32, no hyphen at either end, and no end as in train-a2, which is the second attempt at train)
            ingest: {name: 3}                       | steps[0].ingest.name: 3 (expected: lowercase letters, digits and hyphens, at most 32, no hyphen at either end, and no end as in train-a2, which is the second attempt at train)
            ingest: {wrong: 5}                      | steps[0].ingest.wrong: 5 (expected: nothing wrong)
            """)
    void refusesWithThePathWhatWasFoundAndWhatWasExpected(String step, String message) {
        assertThat(mistakes("  - " + step + "\n")).containsExactly(message);
    }

    @Test
    void onlyEarlierStepsMayBeNamedSoThereIsNoCycle() {
        assertThat(mistakes("""
                          - evaluate: {model: publish, dataset: datasets/there}
                          - train: {dataset: datasets/there}
                          - publish: {}
                        """))
                .containsExactly(
                        "steps[0].evaluate.model: publish (expected: an earlier step that makes a model, or a name as in"
                                + " models/NAME; publish is steps[2], and only earlier ones may be named)");
    }

    @Test
    void refusesAStepThatMakesSomethingElse() {
        assertThat(mistakes("""
                          - ingest: {}
                          - train: {dataset: ingest}
                          - publish: {from: ingest}
                        """))
                .containsExactly(
                        "steps[1].train.dataset: ingest (expected: a step that makes a dataset; ingest makes a corpus)",
                        "steps[2].publish.from: ingest (expected: a step that makes a checkpoint; ingest makes a corpus)");
    }

    @Test
    void refusesTwoStepsOfOneName() {
        assertThat(mistakes("""
                          - ingest: {}
                          - tokenizer: {name: ingest}
                        """))
                .containsExactly(
                        "steps[1].tokenizer.name: ingest (expected: a name that no other step has, and steps[0] has it)");
    }

    @Test
    void refusesToPublishWhereNoModelCanBe() {
        for (String model :
                List.of("tales", "models/tales/versions/3", "workspaces/other/models/tales", "datasets/x")) {
            assertThat(mistakes("  - train: {dataset: datasets/there}\n  - publish: {model: " + model + "}\n"))
                    .contains("steps[1].publish.model: \"%s\" (expected: a name of this workspace as in models/NAME)"
                            .formatted(model));
        }
    }

    @Test
    void sixMistakesInThreeStepsAreSixLines() {
        assertThat(mistakes("""
                          - ingest: {name: Ingest, wrong1: 1}
                          - evaluate: {model: models/none, dataset: datasets/young, wrong2: 2}
                          - trian: {}
                        """)).hasSize(6);
    }

    @Test
    void aKindThatIsUnknownIsNotCountedTwice() {
        assertThat(mistakes("  - ingest: {}\n  - tokeniser: {}\n  - encode: {}\n"))
                .hasSize(1);
    }
}
