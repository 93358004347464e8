package io.maru.control.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.platform.error.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecipeReaderTest {
    private static final String LEAST =
            "name: a\nmodel: {layers: 1, heads: 2, width: 8, block: 4}\ntraining: {steps: 50}\n";

    @Test
    void readsEveryKey() {
        Recipe recipe = RecipeReader.read("""
                name: demo-2
                corpus:    { validationFraction: 0.25 }
                tokenizer: { use: tokenizers/tales }
                model:     { layers: 4, heads: 4, width: 128, block: 64, family: llama, keyValueHeads: 2, intermediate: 300,
                             ownHead: true }
                training:  { steps: 3000, batch: 16, learningRate: 2e-3, minLearningRate: 0, warmupSteps: 10,
                             weightDecay: 0.2, beta1: 0.8, beta2: 0.95, gradientClip: 0.5, seed: 5, validateEvery: 7,
                             validationBatches: 8, checkpointEvery: 9, schedule: wsd, precision: bfloat16, recompute: blocks,
                             dropout: 0.1, accumulation: 4, devices: 2, workers: 2,
                             mix: [{dataset: datasets/b, weight: 0.3}, {dataset: datasets/c}],
                             weight: 2, onDivergence: skip, spikeFactor: 3, earlyStop: 5, keepCheckpoints: 6 }
                evaluation: { maxTokens: 11 }
                sample:    { prompt: "여자가 말했다", maxTokens: 12, temperature: 0, topK: 13, topP: 0.5, seed: 14 }
                """);

        assertThat(recipe)
                .isEqualTo(new Recipe(
                        "demo-2",
                        new Recipe.Corpus(0.25),
                        new Recipe.Tokenizer(1024, Optional.of("tokenizers/tales")),
                        new Recipe.Model(4, 4, 128, 64, Recipe.Family.LLAMA, 2, 300, true),
                        new Recipe.Training(
                                3000,
                                16,
                                Optional.empty(),
                                2e-3,
                                0,
                                10,
                                0.2,
                                0.8,
                                0.95,
                                0.5,
                                5,
                                7,
                                8,
                                9,
                                Recipe.Schedule.WSD,
                                Recipe.Precision.BFLOAT16,
                                Recipe.Recompute.BLOCKS,
                                0.1,
                                4,
                                2,
                                2,
                                List.of(new Recipe.Share("datasets/b", 0.3), new Recipe.Share("datasets/c", 1)),
                                2,
                                Recipe.OnDivergence.SKIP,
                                3,
                                5,
                                6),
                        new Recipe.Evaluation(11),
                        Optional.of(new Recipe.Sample("여자가 말했다", 12, 0, 13, 0.5, 14))));
    }

    @Test
    void needsOnlyNameModelAndSteps() {
        Recipe recipe = RecipeReader.read(LEAST);

        assertThat(recipe.sample()).isEmpty();
        assertThat(recipe.training().batch()).isEqualTo(12);
        assertThat(recipe.training().warmupSteps()).isEqualTo(5);
        assertThat(recipe.training().minLearningRate()).isEqualTo(1e-4);
    }

    @Test
    void leavesToTrainingWhatIsAuto() {
        Recipe.Training open = RecipeReader.read(LEAST.replace("50", "auto, batch: auto, learningRate: auto"))
                .training();

        assertThat(open.steps()).isEqualTo(Recipe.AUTO);
        assertThat(open.batch()).isEqualTo(Recipe.AUTO);
        assertThat(open.learningRate()).isEqualTo(Recipe.AUTO);
        assertThat(open.accumulation()).isEqualTo(Recipe.AUTO);
        assertThat(open.minLearningRate()).isEqualTo(Recipe.FOLLOWS);
        assertThat(open.warmupSteps()).isEqualTo(Recipe.FOLLOWS);

        Recipe.Training bound = RecipeReader.read(LEAST.replace(
                        "50",
                        "auto, batch: auto, learningRate: auto, accumulation: 3, minLearningRate: 0, warmupSteps: 9"))
                .training();
        assertThat(bound.accumulation()).isEqualTo(3);
        assertThat(bound.minLearningRate()).isZero();
        assertThat(bound.warmupSteps()).isEqualTo(9);
    }

    @Test
    void aBatchMayBeGivenInTokens() {
        Recipe.Training training =
                RecipeReader.read(LEAST.replace("50", "50, batchTokens: 64")).training();

        assertThat(training.batchTokens()).contains(64);
        assertThat(training.batch()).isEqualTo(16);
    }

    @Test
    void defaultsFitTheValuesThatTheyDependOn() {
        Recipe.Training one =
                RecipeReader.read(LEAST.replace("50", "1, learningRate: 1e-5")).training();

        assertThat(one.warmupSteps()).isZero();
        assertThat(one.minLearningRate()).isEqualTo(1e-5 / 10);
        assertThat(RecipeReader.read(LEAST.replace("50", "5000")).training().warmupSteps())
                .isEqualTo(100);
    }

    static Stream<Arguments> refused() {
        List<Arguments> cases = new ArrayList<>();
        refuse(
                cases,
                "training: {steps: 50, learningRate: NaN}",
                "training.learningRate: NaN (expected: a number > 0 and at most 1)");
        refuse(
                cases,
                "training: {steps: 50, learningRate: .nan}",
                "training.learningRate: .nan (expected: a finite number)");
        refuse(
                cases,
                "training: {steps: 50, learningRate: 0}",
                "training.learningRate: 0 (expected: a number > 0 and at most 1)");
        refuse(
                cases,
                "training: {steps: 50, learningRate: 1e-300}",
                "training.learningRate: 1.0E-300 (expected: a number > 0 and at most 1)");
        refuse(
                cases,
                "training: {steps: 50, learningRate: .inf}",
                "training.learningRate: .inf (expected: a finite number)");
        refuse(
                cases,
                "training: {steps: 50, learningRate: fast}",
                "training.learningRate: \"fast\" (expected: a number > 0 and at most 1)");
        refuse(
                cases,
                "training: {steps: 50, minLearningRate: 0.01}",
                "training.minLearningRate: 0.01 (expected: a number from 0 to 0.001)");
        refuse(
                cases,
                "training: {steps: 50, precision: float16}",
                "training.precision: \"float16\" (expected: float32 or bfloat16)");
        refuse(
                cases,
                "training: {steps: 50, dropout: 1}",
                "training.dropout: 1 (expected: a number from 0 and below 1)");
        refuse(
                cases,
                "training: {steps: 50, accumulation: 5}",
                "training.accumulation: 5 (expected: a divisor of training.batch 12)");
        refuse(
                cases,
                "training: {steps: 50, accumulation: 2, devices: 2, workers: 2}",
                "training.devices: 2 times training.workers 2 (expected: a divisor of 6, training.batch over"
                        + " training.accumulation)");
        refuse(
                cases,
                "training: {steps: 50, devices: 65}",
                "training.devices: 65 (expected: a whole number from 1 to 64)");
        refuse(
                cases,
                "training: {steps: 50, batch: 0}",
                "training.batch: 0 (expected: a whole number from 1 to 65536)");
        refuse(
                cases,
                "training: {steps: 50, batch: 2.5}",
                "training.batch: 2.5 (expected: a whole number from 1 to 65536)");
        refuse(
                cases,
                "training: {steps: 50, batch: '8'}",
                "training.batch: \"8\" (expected: a whole number from 1 to 65536)");
        refuse(
                cases,
                "training: {steps: 50, batch: [8]}",
                "training.batch: a list (expected: a whole number from 1 to 65536)");
        refuse(
                cases,
                "training: {steps: 50, batch: }",
                "training.batch: \"\" (expected: a whole number from 1 to 65536)");
        refuse(
                cases,
                "training: {steps: 50, batch: true}",
                "training.batch: true (expected: a whole number from 1 to 65536)");
        refuse(
                cases,
                "training: {steps: 50, batchTokens: 66}",
                "training.batchTokens: 66 (expected: a multiple of model.block 4)");
        refuse(
                cases,
                "training: {steps: 50, batchTokens: 3}",
                "training.batchTokens: 3 (expected: a whole number from 4 to 262144)");
        refuse(
                cases,
                "training: {steps: 50, batchTokens: 64, batch: 16}",
                "training.batchTokens: beside training.batch (expected: one of the two)");
        refuse(
                cases,
                "training: {steps: 50, batchTokens: auto}",
                "training.batchTokens: \"auto\" (expected: a whole number from 4 to 262144)");
        refuse(cases, "training: {steps: 50, seed: auto}", "training.seed: \"auto\" (expected: a whole number >= 0)");
        refuse(
                cases,
                "training: {steps: automatic}",
                "training.steps: \"automatic\" (expected: a whole number from 1 to 1000000000)");
        refuse(
                cases,
                "training: {steps: 50, warmupSteps: 50}",
                "training.warmupSteps: 50 (expected: a whole number from 0 to 49)");
        refuse(
                cases,
                "training: {steps: 50, beta2: 1.0}",
                "training.beta2: 1.0 (expected: a number from 0 and below 1)");
        refuse(
                cases,
                "training: {steps: 50, beta2: 0.999999999}",
                "training.beta2: 0.999999999 (expected: a number from 0 and below 1)");
        refuse(cases, "training: {steps: 50, seed: -1}", "training.seed: -1 (expected: a whole number >= 0)");
        refuse(
                cases,
                "training: {steps: 99999999999999999999}",
                "training.steps: 99999999999999999999 (expected: a whole number from 1 to 1000000000)");
        refuse(
                cases,
                "training: {stepz: 50}",
                "training.stepz: an unknown key (expected: a known one; the nearest is training.steps)");
        refuse(
                cases,
                "training: {steps: 50, learning_rate: 1}",
                "training.learning_rate: an unknown key (expected: a known one; the nearest is training.learningRate)");
        refuse(cases, "training: {}", "training.steps: missing (expected: a whole number from 1 to 1000000000)");
        refuse(cases, "training: 50", "training: 50 (expected: keys with values)");
        refuse(
                cases,
                "training: {steps: 50, spikeFactor: 0.5}",
                "training.spikeFactor: 0.5 (expected: 0 for none, or a number > 1)");
        refuse(
                cases,
                "training: {steps: 50, onDivergence: shrug}",
                "training.onDivergence: \"shrug\" (expected: pause or skip or fail)");
        refuse(
                cases,
                "training: {steps: 50, mix: datasets/b}",
                "training.mix: \"datasets/b\" (expected: a list of at most 64, each of keys with values)");
        refuse(
                cases,
                "training: {steps: 50, mix: [{weight: 1}]}",
                "training.mix[0].dataset: missing (expected: datasets/NAME)");
        refuse(
                cases,
                "training: {steps: 50, mix: [{dataset: datasets/b, weight: 0}]}",
                "training.mix[0].weight: 0 (expected: a number > 0 and at most 1000000)");
        refuse(
                cases,
                "training: {steps: 50, mix: [{dataset: datasets/b}]}",
                "training.mix: beside a new tokenizer (expected: tokenizer.use, the one that made the mixed datasets)");
        return cases.stream();
    }

    private static void refuse(List<Arguments> cases, String training, String message) {
        cases.add(Arguments.of(LEAST.replace("training: {steps: 50}", training), message));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesWithTheKeyWhatWasFoundAndWhatWasExpected(String recipe, String message) {
        assertRefused(recipe, message);
    }

    @Test
    void aRegisteredTokenizerTakesThePlaceOfANewOne() {
        assertThat(RecipeReader.read(LEAST + "tokenizer: {use: tokenizers/r-12ab}\n")
                        .tokenizer()
                        .use())
                .contains("tokenizers/r-12ab");
        assertRefused(
                LEAST + "tokenizer: {use: tokenizers/gpt2, vocabularySize: 300}\n",
                "tokenizer.use: tokenizers/gpt2 beside tokenizer.vocabularySize 300 (expected: one of the two)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"gpt2", "tokenizers/", "tokenizers/../x", "tokenizers/a/b", "tokenizers/A", "models/a", "''"})
    void refusesWhatCannotBeATokenizersName(String name) {
        assertThatThrownBy(() -> RecipeReader.read(LEAST + "tokenizer: {use: " + name + "}\n"))
                .hasMessageStartingWith("tokenizer.use: \"")
                .hasMessageEndingWith("(expected: tokenizers/ and a name of lowercase letters, digits and hyphens)");
    }

    @Test
    void refusesHeadsThatDoNotDivideTheWidth() {
        assertRefused(
                LEAST.replace("heads: 2, width: 8", "heads: 3, width: 128"),
                "model.heads: 3 (expected: a divisor of model.width 128)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Demo", "a/b", "-a", "a-", "../a", "12", "true", "''", "a b", "[a]"})
    void refusesNamesThatCannotBeObjectKeys(String name) {
        assertThatThrownBy(() -> RecipeReader.read(LEAST.replace("name: a", "name: " + name)))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(ControlReason.RECIPE_INVALID))
                .hasMessageStartingWith("name: ")
                .hasMessageEndingWith(
                        "(expected: lowercase letters, digits and hyphens, at most 63, no hyphen at either end)");
    }

    @Test
    void refusesWhatIsNoPlainYaml() {
        assertRefused("", "recipe: empty (expected: keys with values)");
        assertRefused("- a", "recipe: a list (expected: keys with values)");
        assertRefused("just words", "recipe: \"just words\" (expected: keys with values)");
        assertRefusedStarting(LEAST + "name: b\n", "recipe: Duplicate field 'name' in line 4");
        assertRefusedStarting("name: [a\nb: c", "recipe: ");
        assertRefusedStarting(LEAST + "---\n" + LEAST, "recipe: ");
        assertRefused(
                "name: !!javax.script.ScriptEngineManager [a]\n",
                "recipe: the type tag tag:yaml.org,2002:javax.script.ScriptEngineManager in line 1 (expected: plain values)");
        assertRefused(
                LEAST + "corpus: &c {validationFraction: 0.1}\n",
                "recipe: an anchor or alias in line 4 (expected: plain values)");
        assertRefused(
                LEAST.replace("name: a", "name: *a"), "recipe: an anchor or alias in line 1 (expected: plain values)");
    }

    @Test
    void refusesWhatIsTooLargeOrTooDeep() {
        assertRefused("#" + "가".repeat(30_000), "recipe: 90001 bytes (expected: at most 65536)");
        assertRefusedStarting("a: " + "[".repeat(20_000), "recipe: ");
        assertRefusedStarting(LEAST.replace("50", "9".repeat(60_000)), "training.steps: \"9999");
    }

    @Test
    void refusesAnUnknownSectionAndNamesTheNearest() {
        assertRefused(
                LEAST + "tokeniser: {vocabularySize: 300}\n",
                "tokeniser: an unknown key (expected: a known one; the nearest is tokenizer)");
    }

    /** Counts of the published models, as transformers reports them. */
    @ParameterizedTest
    @CsvSource({
        "12, 12, 768, 124439808",
        "24, 16, 1024, 354823168",
        "36, 20, 1280, 774030080",
        "48, 25, 1600, 1557611200"
    })
    void countsTheParametersOfThePublishedGpt2Models(int layers, int heads, int width, long parameters) {
        Recipe recipe = RecipeReader.read(
                "name: gpt2\ntokenizer: {vocabularySize: 50257}\ntraining: {steps: 1}\nmodel: {layers: %d, heads: %d, width: %d, block: 1024}"
                        .formatted(layers, heads, width));

        assertThat(recipe.parameters(recipe.tokenizer().vocabularySize())).isEqualTo(parameters);
    }

    @Test
    void refusesATextThatDoesNotFillABlock() {
        Recipe recipe = RecipeReader.read(LEAST.replace("block: 4", "block: 64"));

        // A tenth of 650 bytes is 65: one example of 64 inputs and the last one's target.
        recipe.checkFits(650);
        assertThatThrownBy(() -> recipe.checkFits(640))
                .hasMessage(
                        "model.block: 64 (expected: at most 63, since the validation split is about 64 bytes of the 640 in the sources)");
        Recipe mostly = RecipeReader.read(LEAST.replace("block: 4", "block: 64") + "corpus: {validationFraction: 0.9}");
        assertThatThrownBy(() -> mostly.checkFits(640))
                .hasMessageContaining("the training split is about 64 bytes of the 640");
        assertThatThrownBy(() -> recipe.checkFits(0)).hasMessageContaining("expected: at most 0");
    }

    private static void assertRefused(String recipe, String message) {
        assertThatThrownBy(() -> RecipeReader.read(recipe))
                .isInstanceOf(Refusal.class)
                .hasMessage(message);
    }

    private static void assertRefusedStarting(String recipe, String start) {
        assertThatThrownBy(() -> RecipeReader.read(recipe))
                .isInstanceOf(Refusal.class)
                .hasMessageStartingWith(start)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(300));
    }
}
