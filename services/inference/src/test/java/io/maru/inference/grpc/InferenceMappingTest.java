package io.maru.inference.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.inference.app.Generation;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.SampleSpec;
import io.maru.inference.v1.ScoreRequest;
import io.maru.inference.v1.ServingSpec;
import io.maru.model.decoding.SamplingOptions;
import io.maru.tokenizer.SpecialTokens;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InferenceMappingTest {
    private static final Random SEEDS = new Random(1);

    @Test
    void whatIsAbsentHasItsDocumentedMeaning() {
        Generation.Order order = InferenceMapping.fromProto(request().setSeed(7).build(), SEEDS);

        assertThat(order)
                .isEqualTo(new Generation.Order(
                        "workspaces/default/models/m",
                        "Once",
                        SpecialTokens.TEXT,
                        false,
                        0,
                        new SamplingOptions(1, 0, 1, 7)));
    }

    @Test
    void specialTokensAreParsedOnlyWhereTheRequestSaysSo() {
        assertThat(InferenceMapping.fromProto(request().setParseSpecial(true).build(), SEEDS)
                        .special())
                .isEqualTo(SpecialTokens.ALLOW);
        assertThat(InferenceMapping.fromProto(request().setParseSpecial(false).build(), SEEDS)
                        .special())
                .isEqualTo(SpecialTokens.TEXT);
    }

    @Test
    void anAbsentSeedIsRandom() {
        assertThat(InferenceMapping.fromProto(request().build(), SEEDS))
                .isNotEqualTo(InferenceMapping.fromProto(request().build(), SEEDS));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 100.1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesATemperatureOutOfBounds(double temperature) {
        refuses(
                request().setTemperature(temperature),
                "temperature: " + shown(temperature) + " (expected: a number from 0 to 100)");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, 1.000000001, 2, Double.NaN, 1e-300})
    void refusesATopPOutOfBounds(double topP) {
        refuses(request().setTopP(topP), "topP: " + shown(topP) + " (expected: a number from 1e-30 to 1)");
    }

    @Test
    void refusesNegativeCounts() {
        refuses(request().setTopK(-1), "topK: -1 (expected: a whole number >= 0)");
        refuses(request().setMaxTokens(-1), "maxTokens: -1 (expected: a whole number >= 0)");
    }

    @Test
    void refusesALongPromptByItsBytes() {
        String prompt = "마".repeat(400_000);

        refuses(request().setPrompt(prompt), "prompt: 1200000 bytes (expected: at most 1048576)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "m", "models/", "models/m/versions/", "models/m/versions/1/x", "models/../versions/1"})
    void refusesAnotherName(String model) {
        assertThatThrownBy(() -> InferenceMapping.modelName(model)).hasMessageStartingWith("model: \"" + model);
    }

    @Test
    void takesAModelWithAndWithoutItsVersionAndACheckpoint() {
        assertThat(List.of("models/m", "models/m/versions/12", "runs/r/checkpoints/train-500"))
                .allSatisfy(
                        name -> assertThat(InferenceMapping.modelName(name)).isEqualTo("workspaces/default/" + name));
    }

    @Test
    void refusesNoSequenceAndTooMany() {
        ScoreRequest.Sequence two =
                ScoreRequest.Sequence.newBuilder().addTokenIds(1).addTokenIds(2).build();

        refuses(ScoreRequest.newBuilder(), "sequences: 0 (expected: 1 to 256)");
        refuses(
                ScoreRequest.newBuilder().addAllSequences(Collections.nCopies(257, two)),
                "sequences: 257 (expected: 1 to 256)");
    }

    @Test
    void refusesTooManyTokensTogether() {
        ScoreRequest.Sequence half = ScoreRequest.Sequence.newBuilder()
                .addAllTokenIds(Collections.nCopies(40_000, 1))
                .build();

        refuses(
                ScoreRequest.newBuilder().addSequences(half).addSequences(half),
                "sequences: 80000 tokens (expected: at most 65536)");
    }

    @Test
    void tellsAllThatIsWrongAtOnce() {
        refuses(
                request().setTopK(-1).setTemperature(-1),
                "temperature: -1 (expected: a number from 0 to 100)\ntopK: -1 (expected: a whole number >= 0)");
    }

    @Test
    void aSampleThatSaysNothingButItsPromptHasTheDefaultsOfItsContract() {
        SampleSpec sample = SampleSpec.newBuilder().setPrompt("Once").build();

        assertThat(InferenceMapping.fromProto("models/m", sample))
                .isEqualTo(new Generation.Order(
                        "models/m", "Once", SpecialTokens.TEXT, false, 200, new SamplingOptions(0.8f, 50, 1, 1)));
    }

    @Test
    void aSampleWithoutAPromptIsRefused() {
        ServingSpec spec = ServingSpec.newBuilder()
                .setSample(SampleSpec.newBuilder().setTopK(-1))
                .build();

        assertThatThrownBy(() -> InferenceMapping.checkSpec(spec))
                .hasMessage("sample.prompt: missing (expected: text of at most 1048576 characters)\n"
                        + "sample.topK: -1 (expected: a whole number from 0 to 1000000)");
        InferenceMapping.checkSpec(ServingSpec.getDefaultInstance());
    }

    private static String shown(double number) {
        return Math.abs(number) < 1e15 && number == Math.rint(number)
                ? Long.toString((long) number)
                : Double.toString(number);
    }

    private static GenerateRequest.Builder request() {
        return GenerateRequest.newBuilder().setModel("models/m").setPrompt("Once");
    }

    private static void refuses(GenerateRequest.Builder request, String message) {
        assertThatThrownBy(() -> InferenceMapping.fromProto(request.build(), SEEDS))
                .hasMessage(message);
    }

    private static void refuses(ScoreRequest.Builder request, String message) {
        assertThatThrownBy(() -> InferenceMapping.sequences(request.build())).hasMessage(message);
    }
}
