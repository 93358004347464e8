package io.maru.control.domain;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.params.provider.MethodSource;

/** The folder recipes/ says what the code does. */
class RecipesFolderTest {
    private static final Path FOLDER = Path.of(System.getProperty("maru.root"), "recipes");
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

    @Test
    void theShapeOfGpt2IsGpt2s() throws IOException {
        Recipe recipe = RecipeReader.read(Files.readString(FOLDER.resolve("gpt2-124m.yaml")));
        assertThat(recipe.parameters(recipe.tokenizer().vocabularySize())).isEqualTo(124_439_808);
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
