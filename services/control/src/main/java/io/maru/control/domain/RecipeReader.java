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
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.maru.platform.error.Refusal;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * YAML to {@link Recipe}, strictly: whatever is not known, not of its type or not in its range is refused with the key, what
 * was found and what was expected. Plain data only: no type tags, no anchors, no aliases, no second document, no key twice.
 */
public final class RecipeReader {
    public static final int MOST_BYTES = 64 * 1024;
    private static final int DEEPEST = 10;
    private static final long MOST_STEPS = 1_000_000_000;
    private static final int LARGEST_BATCH = 65_536;
    private static final int MOST_MIXED = 64;
    /** YAML's words for infinity and for what is no number. */
    private static final Pattern NOT_FINITE = Pattern.compile("[-+]?\\.(inf|nan)", Pattern.CASE_INSENSITIVE);

    private static final YAMLFactory yaml = YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNumberLength(100)
                    .maxNameLength(200)
                    .build())
            .build();
    private static final ObjectMapper mapper =
            new ObjectMapper(yaml).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private RecipeReader() {}

    /** @throws Refusal RECIPE_INVALID */
    public static Recipe read(String text) {
        RecipeFields top = new RecipeFields("", tree(text), Recipe.class);
        String name = top.name("name");
        RecipeFields corpus = top.section("corpus", Recipe.Corpus.class);
        RecipeFields tokenizer = top.section("tokenizer", Recipe.Tokenizer.class);
        RecipeFields model = top.section("model", Recipe.Model.class);
        RecipeFields training = top.section("training", Recipe.Training.class);
        Recipe.Model shape = model(model);
        RecipeFields evaluation = top.section("evaluation", Recipe.Evaluation.class);
        Recipe recipe = new Recipe(
                name,
                new Recipe.Corpus(corpus.numberBetween("validationFraction", 0.1, 0, 1)),
                tokenizer(tokenizer),
                shape,
                training(training, shape.block()),
                new Recipe.Evaluation(evaluation.whole("maxTokens", 0, 0, 1_000_000_000_000L)),
                top.has("sample") ? Optional.of(sample(top.section("sample", Recipe.Sample.class))) : Optional.empty());
        if (!recipe.training().mix().isEmpty() && recipe.tokenizer().use().isEmpty()) {
            throw RECIPE_INVALID.because(
                    "training.mix: beside a new tokenizer (expected: tokenizer.use, the one that made the mixed datasets)");
        }
        return recipe;
    }

    private static Recipe.Tokenizer tokenizer(RecipeFields tokenizer) {
        int vocabularySize = tokenizer.integer("vocabularySize", 1024, 257, 200_000);
        Optional<String> use = tokenizer.resource("use", "tokenizers");
        if (use.isPresent() && tokenizer.has("vocabularySize")) {
            throw RECIPE_INVALID.because(
                    "tokenizer.use: %s beside tokenizer.vocabularySize %d (expected: one of the two)",
                    use.get(), vocabularySize);
        }
        return new Recipe.Tokenizer(vocabularySize, use);
    }

    private static Recipe.Model model(RecipeFields model) {
        int layers = model.integer("layers", 1, 256);
        int heads = model.integer("heads", 1, 256);
        int width = model.integer("width", 1, 16_384);
        int block = model.integer("block", 1, 65_536);
        if (width % heads != 0) {
            throw RECIPE_INVALID.because("model.heads: %d (expected: a divisor of model.width %d)", heads, width);
        }
        Recipe.Family family = model.choice("family", Recipe.Family.GPT2);
        if (family == Recipe.Family.GPT2) {
            for (String key : List.of("keyValueHeads", "intermediate", "ownHead")) {
                if (model.has(key)) {
                    throw RECIPE_INVALID.because("model.%s: a key of the family llama (expected: none)", key);
                }
            }
        }
        int keyValueHeads = model.integer("keyValueHeads", heads, 1, heads);
        if (heads % keyValueHeads != 0) {
            throw RECIPE_INVALID.because(
                    "model.keyValueHeads: %d (expected: a divisor of model.heads %d)", keyValueHeads, heads);
        }
        if (family == Recipe.Family.LLAMA && width / heads % 2 != 0) {
            throw RECIPE_INVALID.because(
                    "model.heads: %d (expected: a divisor of half of model.width %d)", heads, width);
        }
        return new Recipe.Model(
                layers,
                heads,
                width,
                block,
                family,
                family == Recipe.Family.GPT2 ? 0 : keyValueHeads,
                model.integer("intermediate", 0, 0, 65_536),
                model.flag("ownHead", false));
    }

    private static Recipe.Training training(RecipeFields training, int block) {
        long steps = training.isAuto("steps") ? Recipe.AUTO : training.whole("steps", 1, MOST_STEPS);
        double learningRate =
                training.isAuto("learningRate") ? Recipe.AUTO : training.numberAbove("learningRate", 1e-3, 0, 1);
        Optional<Integer> batchTokens = batchTokens(training, block);
        int batch = training.isAuto("batch")
                ? Recipe.AUTO
                : batchTokens.map(tokens -> tokens / block).orElse(training.integer("batch", 12, 1, LARGEST_BATCH));
        int accumulation = accumulation(training, batch);
        int devices = training.integer("devices", 1, 1, 64);
        int workers = training.integer("workers", 1, 1, 1024);
        if (batch != Recipe.AUTO && batch / accumulation % (devices * workers) != 0) {
            throw RECIPE_INVALID.because(
                    "training.devices: %d times training.workers %d (expected: a divisor of %d, training.batch over"
                            + " training.accumulation)",
                    devices, workers, batch / accumulation);
        }
        return new Recipe.Training(
                steps,
                batch,
                batchTokens,
                learningRate,
                minLearningRate(training, learningRate),
                training.isAuto("steps")
                        ? training.whole("warmupSteps", Recipe.FOLLOWS, 0, MOST_STEPS - 1)
                        : training.whole("warmupSteps", Math.min(100, steps / 10), 0, steps - 1),
                training.number("weightDecay", 0.1, 0, 1),
                training.numberBelow("beta1", 0.9, 0, 1),
                training.numberBelow("beta2", 0.99, 0, 1),
                training.number("gradientClip", 1.0, 0, 1e6),
                training.whole("seed", 1337, 0, Long.MAX_VALUE),
                training.whole("validateEvery", 250, 1, 1_000_000_000),
                training.integer("validationBatches", 20, 1, 100_000),
                training.whole("checkpointEvery", 500, 1, 1_000_000_000),
                training.choice("schedule", Recipe.Schedule.COSINE),
                training.choice("precision", Recipe.Precision.FLOAT32),
                training.choice("recompute", Recipe.Recompute.NONE),
                training.numberBelow("dropout", 0, 0, 1),
                accumulation,
                devices,
                workers,
                training.list("mix", Recipe.Share.class, MOST_MIXED).stream()
                        .map(share -> new Recipe.Share(
                                share.resource("dataset", "datasets")
                                        .orElseThrow(() -> share.missing("dataset", "datasets/NAME")),
                                share.numberAbove("weight", 1, 0, 1e6)))
                        .toList(),
                training.numberAbove("weight", 1, 0, 1e6),
                training.choice("onDivergence", Recipe.OnDivergence.PAUSE),
                spikeFactor(training),
                training.integer("earlyStop", 0, 0, 1_000_000),
                training.integer("keepCheckpoints", 0, 0, 1_000_000));
    }

    private static double spikeFactor(RecipeFields training) {
        double factor = training.number("spikeFactor", 0, 0, 1e6);
        if (factor != 0 && factor <= 1) {
            throw RECIPE_INVALID.because("training.spikeFactor: %s (expected: 0 for none, or a number > 1)", factor);
        }
        return factor;
    }

    private static double minLearningRate(RecipeFields training, double learningRate) {
        if (learningRate != Recipe.AUTO) {
            return training.number("minLearningRate", learningRate / 10, 0, learningRate);
        }
        return training.has("minLearningRate") ? training.number("minLearningRate", 0, 0, 1) : Recipe.FOLLOWS;
    }

    private static Optional<Integer> batchTokens(RecipeFields training, int block) {
        if (!training.has("batchTokens")) {
            return Optional.empty();
        }
        if (training.has("batch")) {
            throw RECIPE_INVALID.because("training.batchTokens: beside training.batch (expected: one of the two)");
        }
        int tokens =
                training.integer("batchTokens", block, (int) Math.min(Integer.MAX_VALUE, (long) block * LARGEST_BATCH));
        if (tokens % block != 0) {
            throw RECIPE_INVALID.because(
                    "training.batchTokens: %d (expected: a multiple of model.block %d)", tokens, block);
        }
        return Optional.of(tokens);
    }

    private static int accumulation(RecipeFields training, int batch) {
        if (batch == Recipe.AUTO) {
            return training.integer("accumulation", Recipe.AUTO, 1, LARGEST_BATCH);
        }
        int accumulation = training.integer("accumulation", 1, 1, batch);
        if (batch % accumulation != 0) {
            throw RECIPE_INVALID.because(
                    "training.accumulation: %d (expected: a divisor of training.batch %d)", accumulation, batch);
        }
        return accumulation;
    }

    private static Recipe.Sample sample(RecipeFields sample) {
        return new Recipe.Sample(
                sample.text("prompt"),
                sample.integer("maxTokens", 200, 1, 65_536),
                sample.number("temperature", 0.8, 0, 100),
                sample.integer("topK", 50, 0, 1_000_000),
                sample.numberAbove("topP", 1.0, 0, 1),
                sample.whole("seed", 1, 0, Long.MAX_VALUE));
    }

    private static ObjectNode tree(String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MOST_BYTES) {
            throw RECIPE_INVALID.because("recipe: %d bytes (expected: at most %d)", bytes, MOST_BYTES);
        }
        try {
            checkPlain(text);
            JsonNode node = mapper.readTree(text);
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw RECIPE_INVALID.because(
                    "recipe: %s (expected: keys with values)",
                    node == null || node.isMissingNode() ? "empty" : RecipeFields.shown(node));
        } catch (JsonProcessingException e) {
            throw malformed(e);
        } catch (IOException e) {
            throw new UncheckedIOException("a string cannot fail to be read", e);
        }
    }

    /** What a tree would silently drop or take for text. */
    private static void checkPlain(String text) throws IOException {
        try (YAMLParser parser = yaml.createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (parser.getTypeId() != null) {
                    throw unwelcome(parser, "the type tag " + parser.getTypeId());
                }
                if (parser.isCurrentAlias() || parser.getObjectId() != null) {
                    throw unwelcome(parser, "an anchor or alias");
                }
                if (token == JsonToken.VALUE_NUMBER_FLOAT
                        && NOT_FINITE.matcher(parser.getText()).matches()) {
                    String key = parser.getParsingContext()
                            .pathAsPointer()
                            .toString()
                            .substring(1);
                    throw RECIPE_INVALID.because(
                            "%s: %s (expected: a finite number)", key.replace('/', '.'), parser.getText());
                }
            }
        }
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
