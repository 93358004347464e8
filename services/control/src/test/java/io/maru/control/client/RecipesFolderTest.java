package io.maru.control.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.maru.checkpoint.v1.CheckpointServiceGrpc;
import io.maru.control.app.Planner;
import io.maru.control.app.Resources;
import io.maru.control.app.StepWorks;
import io.maru.control.domain.ControlReason;
import io.maru.control.domain.Input;
import io.maru.control.domain.Plan;
import io.maru.control.domain.PlannedStep;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.RecipeReader;
import io.maru.control.domain.Role;
import io.maru.evaluation.v1.EvaluationServiceGrpc;
import io.maru.inference.v1.InferenceServiceGrpc;
import io.maru.ingestion.v1.IngestionServiceGrpc;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.AdamW;
import io.maru.model.training.MemoryPlan;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import io.maru.platform.error.Violations;
import io.maru.platform.spec.Spec;
import io.maru.tokenization.v1.TokenizationServiceGrpc;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.training.v1.ModelSpec;
import io.maru.training.v1.TrainingServiceGrpc;
import io.maru.training.v1.TrainingSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The folder recipes/ says what the contracts say: its recipes can be read, and its table of keys is made from the .proto
 * files. {@code -Dmaru.record=true} writes the table anew.
 */
class RecipesFolderTest {
    private static final Path ROOT = Path.of(System.getProperty("maru.root"));
    private static final Path FOLDER = ROOT.resolve("recipes");
    private static final Path README = FOLDER.resolve("README.md");
    private static final String BEGIN = "<!-- keys, written by RecipesFolderTest -->\n";
    private static final String END = "<!-- end of keys -->\n";
    /** How a preset begins. */
    private static final Pattern HEAD =
            Pattern.compile("# (?<family>GPT-2|Llama) of (?<millions>\\d+\\.\\d+) million parameters,"
                    + " for one (CPU|GPU) with (?<memory>\\d+) GiB\\.");
    /** The part of a device's memory that a plan may take: TensorFlow and its products' working space have the rest. */
    private static final double FOR_THE_PLAN = 0.75;

    /** Where nobody listens: what the contracts say of each field is checked all the same. */
    private static final ManagedChannel NOBODY =
            NettyChannelBuilder.forAddress("127.0.0.1", 1).usePlaintext().build();

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final List<ServiceStep<?, ?>> KINDS = List.of(
            new ImportStep(CheckpointServiceGrpc.newBlockingStub(NOBODY), SOON),
            new IngestStep(IngestionServiceGrpc.newBlockingStub(NOBODY), SOON),
            new TokenizerStep(TokenizationServiceGrpc.newBlockingStub(NOBODY), SOON),
            new EncodeStep(TokenizationServiceGrpc.newBlockingStub(NOBODY), SOON),
            new TrainStep(
                    TrainingServiceGrpc.newBlockingStub(NOBODY), TokenizationServiceGrpc.newBlockingStub(NOBODY), SOON),
            new PublishStep(CheckpointServiceGrpc.newBlockingStub(NOBODY), SOON),
            new EvaluateStep(EvaluationServiceGrpc.newBlockingStub(NOBODY), SOON),
            new ServeStep(InferenceServiceGrpc.newBlockingStub(NOBODY), SOON));

    @AfterAll
    static void close() {
        NOBODY.shutdownNow();
    }

    static Stream<Path> recipes() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void everyRecipeCanBeRead(Path file) throws IOException {
        Violations violations = new Violations();
        Recipe recipe = RecipeReader.read(Files.readString(file), violations);
        plan(recipe, violations);

        assertThat(violations.list()).isEmpty();
        assertThat(file).hasFileName(recipe.name() + ".yaml");
        assertThat(Files.readString(README)).contains("(" + file.getFileName() + ")");
    }

    /** As if every resource that a recipe names were there. */
    private static Plan plan(Recipe recipe, Violations violations) {
        Resources all = (name, roles, path, mistakes) ->
                Optional.of(new Resources.Resource("workspaces/default/" + name, Map.of("vocabulary_size", 1024.0)));
        return new Planner(new StepWorks(KINDS), all)
                .plan(recipe, "workspaces/default", List.of(), 0, violations)
                .plan();
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
        assertThat(shape(name).parameterCount()).isEqualTo(parameters);

        Matcher head = head(name);
        assertThat(shape(name).family()).isEqualTo(head.group("family").equals("Llama") ? "llama" : "gpt2");
        assertThat(name).endsWith("-" + Math.round(parameters / 1e6) + "m");
        String millions = head.group("millions");
        int places = millions.length() - millions.indexOf('.') - 1;
        assertThat(millions).isEqualTo(String.format(Locale.ROOT, "%." + places + "f", parameters / 1e6));
    }

    @ParameterizedTest
    @MethodSource("presets")
    void aPresetFitsTheDeviceThatItsCommentNames(String name, long parameters) throws IOException {
        TrainingSpec training = spec(name, "train", TrainingSpec.getDefaultInstance());
        TrainingOptions options = TrainingOptions.usual()
                .with(Precision.valueOf(training.getPrecision().name()))
                .with(Recompute.valueOf(training.getRecompute().name()))
                .withDropout((float) training.getDropout(), training.getSeed())
                .withAccumulation(Math.max(1, training.getAccumulation()));
        MemoryPlan plan = MemoryPlan.of(
                TrainingTask.of(shape(name), AdamW.usual(), training.hasBatch() ? training.getBatch() : 12), options);
        double device = Double.parseDouble(head(name).group("memory")) * (1L << 30);
        assertThat(plan.total()).as("%s", plan).isLessThan((long) (FOR_THE_PLAN * device));
    }

    @Test
    void everyRecipeNamedBySizeIsAPreset() throws IOException {
        assertThat(recipes().map(file -> file.getFileName().toString()).filter(file -> file.matches(".*-\\d+m\\.yaml")))
                .containsExactlyInAnyOrderElementsOf(
                        presets().map(preset -> preset.get()[0] + ".yaml").toList());
    }

    /** The spec of the first step of a kind, with its defaults. */
    @SuppressWarnings("unchecked")
    private static <M extends Message> M spec(String name, String kind, M empty) throws IOException {
        Violations violations = new Violations();
        Plan plan = plan(RecipeReader.read(Files.readString(FOLDER.resolve(name + ".yaml")), violations), violations);
        PlannedStep step = plan.steps().stream()
                .filter(one -> one.kind().equals(kind))
                .findFirst()
                .orElseThrow();
        Message.Builder builder = empty.newBuilderForType();
        Spec.read(step.spec(), builder, "", violations);
        violations.throwIfAny(ControlReason.RECIPE_INVALID);
        return Spec.complete((M) builder.build());
    }

    private static Matcher head(String name) throws IOException {
        String first = Files.readAllLines(FOLDER.resolve(name + ".yaml")).get(0);
        Matcher head = HEAD.matcher(first);
        assertThat(head.lookingAt()).as(first).isTrue();
        return head;
    }

    /** What training makes of a recipe's shape. */
    private static DecoderConfig shape(String name) throws IOException {
        ModelSpec model = spec(name, "train", TrainingSpec.getDefaultInstance()).getModel();
        int vocabulary =
                spec(name, "tokenizer", TokenizerSpec.getDefaultInstance()).getVocabularySize();
        if (model.getFamily() != ModelSpec.Family.LLAMA) {
            return new GptConfig(vocabulary, model.getBlock(), model.getLayers(), model.getHeads(), model.getWidth());
        }
        return new LlamaConfig(
                vocabulary,
                model.getBlock(),
                model.getLayers(),
                model.getHeads(),
                model.hasKeyValueHeads() ? model.getKeyValueHeads() : model.getHeads(),
                model.getWidth(),
                model.getWidth() / model.getHeads(),
                model.hasIntermediate() ? model.getIntermediate() : LlamaConfig.usualInnerWidth(model.getWidth()),
                LlamaConfig.LLAMA_NORM_EPSILON,
                LlamaConfig.LLAMA_ROPE_THETA,
                !model.getOwnHead());
    }

    /** A key stands for one thing: what a step takes, or a field of its spec. */
    @Test
    void noInputIsCalledAsAKeyOfTheSpec() {
        for (ServiceStep<?, ?> kind : KINDS) {
            List<String> keys = kind.emptySpec().getDescriptorForType().getFields().stream()
                    .map(FieldDescriptor::getJsonName)
                    .toList();
            List<String> others = Stream.concat(
                            Stream.of("name", "from"),
                            kind.kind().inputs().stream().map(Input::key))
                    .toList();
            assertThat(keys).filteredOn(others::contains).as(kind.kind().name()).isEmpty();
        }
    }

    @Test
    void theReadmeTellsEveryKey() throws IOException {
        String readme = Files.readString(README);
        int begin = readme.indexOf(BEGIN);
        int end = readme.indexOf(END);
        assertThat(begin).isPositive().isLessThan(end);
        String now =
                BEGIN + "\n" + KINDS.stream().map(RecipesFolderTest::section).collect(Collectors.joining("\n")) + "\n";
        if (Boolean.getBoolean("maru.record")) {
            Files.writeString(README, readme.substring(0, begin) + now + readme.substring(end));
            return;
        }
        assertThat(readme.substring(begin, end))
                .as("recipes/README.md: write it anew with -Dmaru.record=true")
                .isEqualTo(now);
    }

    private static String section(ServiceStep<?, ?> step) {
        StringBuilder text = new StringBuilder("### " + step.kind().name() + "\n\n");
        text.append(takes(step)).append("\n\n");
        Descriptor spec = step.emptySpec().getDescriptorForType();
        return spec.getFields().isEmpty()
                ? text.append("It has no keys of its own.\n").toString()
                : text.append(Spec.table(spec, new ProtoComments(ROOT)::of)).toString();
    }

    private static String takes(ServiceStep<?, ?> step) {
        String inputs = step.kind().inputs().stream()
                .map(input -> "`" + input.key() + "` (" + meaning(input) + ")")
                .collect(Collectors.joining(", "));
        String made = step.kind().made().stream()
                .filter(role -> !role.equals(Role.TRAINING_JOB))
                .map(role -> (role.startsWith("e") ? "an " : "a ") + role)
                .collect(Collectors.joining(" and "));
        String takes = step.kind().readsSources() ? "the texts of the run" : inputs;
        return "Takes %s; makes %s.".formatted(takes, made.isEmpty() ? "nothing that another step takes" : made);
    }

    private static String meaning(Input input) {
        String examples = input.roles().stream().map(Role::example).collect(Collectors.joining("` or `"));
        return switch (input.absent()) {
            case NEAREST -> "of the nearest earlier step, or `" + examples + "`";
            case NOTHING -> "of an earlier step or `" + examples + "`; none unless it is named";
            case CALLED_AS_THE_RECIPE -> "`" + examples + "`; called as the recipe unless it is named";
        };
    }
}
