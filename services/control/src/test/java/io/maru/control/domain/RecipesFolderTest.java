package io.maru.control.domain;

import io.maru.model.training.AdamW;
import io.maru.model.training.TrainingTask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.MemoryPlan;
import io.maru.model.training.TrainingOptions;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The folder recipes/ says what the code does. */
class RecipesFolderTest {
    private static final Path FOLDER = Path.of(System.getProperty("maru.root"), "recipes");
    /** How a preset begins. */
    private static final Pattern HEAD =
            Pattern.compile("# (?<family>GPT-2|Llama) of (?<millions>\\d+\\.\\d+) million parameters,"
                    + " for one (CPU|GPU) with (?<memory>\\d+) GiB\\.");
    /** The part of a device's memory that a plan may take: TensorFlow and its products' working space have the rest. */
    private static final double FOR_THE_PLAN = 0.75;

    private static final Pattern ROW = Pattern.compile("\\| `([a-zA-Z0-9.]+)` \\| ([^|]*) \\| .*");

    static Stream<Path> recipes() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".yaml")).toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void everyRecipeCanBeRead(Path file) throws IOException {
        Recipe recipe = RecipeReader.read(Files.readString(file));

        assertThat(file).hasFileName(recipe.name() + ".yaml");
        assertThat(Files.readString(FOLDER.resolve("README.md"))).contains("(" + file.getFileName() + ")");
    }

    /** Parameters as transformers counts them for the same shapes. */
    static Stream<Arguments> presets() {
        return Stream.of(
                arguments("gpt2-1m", 940_800L),
                arguments("gpt2-11m", 11_139_072L),
                arguments("gpt2-30m", 29_676_544L),
                arguments("gpt2-124m", 124_439_808L),
                arguments("gpt2-355m", 354_823_168L),
                arguments("gpt2-774m", 774_030_080L),
                arguments("gpt2-1558m", 1_557_611_200L),
                arguments("llama-1m", 869_504L),
                arguments("llama-15m", 15_191_712L),
                arguments("llama-42m", 41_689_600L),
                arguments("llama-110m", 109_529_856L),
                arguments("llama-362m", 361_821_120L),
                arguments("llama-1100m", 1_100_048_384L),
                arguments("llama-1560m", 1_560_381_440L));
    }

    @ParameterizedTest
    @MethodSource("presets")
    void aPresetHasTheParametersThatItsNameAndItsCommentTell(String name, long parameters) throws IOException {
        Recipe recipe = read(name);
        assertThat(recipe.parameters(recipe.tokenizer().vocabularySize())).isEqualTo(parameters);
        assertThat(shape(recipe).parameterCount()).isEqualTo(parameters);

        Matcher head = head(name);
        assertThat(shape(recipe).family()).isEqualTo(head.group("family").equals("Llama") ? "llama" : "gpt2");
        assertThat(name).endsWith("-" + Math.round(parameters / 1e6) + "m");
        String millions = head.group("millions");
        int places = millions.length() - millions.indexOf('.') - 1;
        assertThat(millions).isEqualTo(("%." + places + "f").formatted(parameters / 1e6));
    }

    @ParameterizedTest
    @MethodSource("presets")
    void aPresetFitsTheDeviceThatItsCommentNames(String name, long parameters) throws IOException {
        Recipe recipe = read(name);
        Recipe.Training training = recipe.training();
        TrainingOptions options = TrainingOptions.usual()
                .with(Precision.valueOf(training.precision().name()))
                .with(Recompute.valueOf(training.recompute().name()))
                .withDropout((float) training.dropout(), training.seed())
                .withAccumulation(training.accumulation());
        MemoryPlan plan = MemoryPlan.of(TrainingTask.of(shape(recipe), AdamW.usual(), training.batch()), options);
        double device = Double.parseDouble(head(name).group("memory")) * (1L << 30);
        assertThat(plan.total()).as("%s", plan).isLessThan((long) (FOR_THE_PLAN * device));
    }

    @Test
    void everyRecipeNamedBySizeIsAPreset() throws IOException {
        assertThat(recipes().map(file -> file.getFileName().toString()).filter(file -> file.matches(".*-\\d+m\\.yaml")))
                .containsExactlyInAnyOrderElementsOf(
                        presets().map(preset -> preset.get()[0] + ".yaml").toList());
    }

    private static Recipe read(String name) throws IOException {
        return RecipeReader.read(Files.readString(FOLDER.resolve(name + ".yaml")));
    }

    private static Matcher head(String name) throws IOException {
        String first = Files.readAllLines(FOLDER.resolve(name + ".yaml")).get(0);
        Matcher head = HEAD.matcher(first);
        assertThat(head.lookingAt()).as(first).isTrue();
        return head;
    }

    /** What training makes of a recipe's shape. */
    private static DecoderConfig shape(Recipe recipe) {
        Recipe.Model model = recipe.model();
        int vocabulary = recipe.tokenizer().vocabularySize();
        return switch (model.family()) {
            case GPT2 -> new GptConfig(vocabulary, model.block(), model.layers(), model.heads(), model.width());
            case LLAMA ->
                new LlamaConfig(
                        vocabulary,
                        model.block(),
                        model.layers(),
                        model.heads(),
                        model.keyValueHeads(),
                        model.width(),
                        model.width() / model.heads(),
                        model.intermediate() == 0 ? LlamaConfig.usualInnerWidth(model.width()) : model.intermediate(),
                        LlamaConfig.LLAMA_NORM_EPSILON,
                        LlamaConfig.LLAMA_ROPE_THETA,
                        !model.ownHead());
        };
    }

    @Test
    void theReadmeTellsEveryKeyWithItsDefault() throws Exception {
        Recipe plain = RecipeReader.read("""
                name: a
                model: {layers: 1, heads: 1, width: 1, block: 1}
                training: {steps: 5000}
                sample: {prompt: a}
                """);
        Map<String, String> defaults = new LinkedHashMap<>();
        collect("", plain, defaults);
        for (String required : new String[] {
            "name", "model.layers", "model.heads", "model.width", "model.block", "training.steps", "sample.prompt"
        }) {
            defaults.put(required, "required");
        }
        // These follow from other keys; RecipeReaderTest holds them.
        defaults.put("training.minLearningRate", "a tenth of `learningRate`");
        defaults.put("training.warmupSteps", "a tenth of `steps`, at most 100");
        defaults.put("model.keyValueHeads", "`heads`");
        defaults.put("sample", "none");

        Map<String, String> documented = new LinkedHashMap<>();
        for (String line : Files.readAllLines(FOLDER.resolve("README.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                documented.put(row.group(1), row.group(2).strip());
            }
        }

        assertThat(documented).containsExactlyInAnyOrderEntriesOf(defaults);
    }

    private static void collect(String path, Record record, Map<String, String> into)
            throws ReflectiveOperationException {
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            component.getAccessor().setAccessible(true);
            Object value = component.getAccessor().invoke(record);
            if (value instanceof Optional<?> optional) {
                value = optional.isPresent() ? optional.get() : "none";
            }
            String key = path + component.getName();
            if (value instanceof Record section) {
                collect(key + ".", section, into);
            } else {
                // Choices are written in lowercase letters, as recipes write them.
                into.put(
                        key,
                        value instanceof Enum<?> choice ? choice.name().toLowerCase(Locale.ROOT) : value.toString());
            }
        }
    }
}
