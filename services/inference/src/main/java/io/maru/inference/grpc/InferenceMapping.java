package io.maru.inference.grpc;

import com.google.protobuf.ByteString;
import io.maru.inference.app.Generation;
import io.maru.inference.domain.FinishReason;
import io.maru.inference.domain.Prompt;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.GenerateResponse;
import io.maru.inference.v1.LoadedModel;
import io.maru.inference.v1.SampleSpec;
import io.maru.inference.v1.ScoreRequest;
import io.maru.inference.v1.ScoreResponse;
import io.maru.inference.v1.ServeModelResponse;
import io.maru.inference.v1.ServingSpec;
import io.maru.model.decoding.SamplingOptions;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;
import io.maru.platform.spec.Spec;
import io.maru.tokenizer.SpecialTokens;
import java.util.List;
import java.util.StringTokenizer;
import java.util.random.RandomGenerator;

/** Translates between the words of the wire and those of the application, and checks what a request says. */
final class InferenceMapping {
    static final int MAX_PROMPT_BYTES = 1 << 20;
    static final int MAX_SEQUENCES = 256;
    static final int MAX_SCORED_TOKENS = 65_536;

    private InferenceMapping() {}

    /** The full name of a model, of one of its versions, of an alias, or of a checkpoint: of the caller's workspace. */
    static String modelName(String name) {
        return ResourceName.full(
                "model",
                name,
                "models/{model}",
                "models/{model}/versions/{version}",
                "models/{model}@{alias}",
                "runs/{run}/checkpoints/{checkpoint}");
    }

    /** @param seeds for a request that names none */
    static Generation.Order fromProto(GenerateRequest request, RandomGenerator seeds) {
        Violations violations = new Violations();
        Spec.check(request, "", violations);
        checkPrompt(request.getPromptBytes(), "prompt", violations);
        violations.throwIfAny(CommonReason.INVALID_ARGUMENT);
        GenerateRequest whole = Spec.complete(request);
        return new Generation.Order(
                modelName(whole.getModel()),
                whole.getPrompt(),
                special(whole.getParseSpecial()),
                whole.getTruncatePrompt(),
                whole.getMaxTokens(),
                new SamplingOptions(
                        (float) whole.getTemperature(),
                        whole.getTopK(),
                        (float) whole.getTopP(),
                        whole.hasSeed() ? whole.getSeed() : seeds.nextLong()));
    }

    /** @param sample of a spec that {@link #checkSpec} has passed */
    static Generation.Order fromProto(String model, SampleSpec sample) {
        SampleSpec whole = Spec.complete(sample);
        return new Generation.Order(
                model,
                whole.getPrompt(),
                special(whole.getParseSpecial()),
                whole.getTruncatePrompt(),
                whole.getMaxTokens(),
                new SamplingOptions(
                        (float) whole.getTemperature(), whole.getTopK(), (float) whole.getTopP(), whole.getSeed()));
    }

    private static SpecialTokens special(boolean parse) {
        return parse ? SpecialTokens.ALLOW : SpecialTokens.TEXT;
    }

    static void checkSpec(ServingSpec spec) {
        checkSpec(spec, 0);
    }

    /** @param block tokens that the model is to read at once; 0 where that is not known */
    static void checkSpec(ServingSpec spec, int block) {
        Violations violations = new Violations();
        Spec.check(spec, "", violations);
        checkPrompt(spec.getSample().getPromptBytes(), "sample.prompt", violations);
        int words = new StringTokenizer(spec.getSample().getPrompt()).countTokens();
        int fitting = Math.max(1, block - 1);
        // There may be no tokenizer yet, but no token has two words.
        if (block > 0 && words > fitting && !spec.getSample().getTruncatePrompt()) {
            violations.add(
                    "sample.prompt",
                    words + " words, each at least one token",
                    "at most " + fitting + " tokens, which leave room for one in the model's block of " + block
                            + "; or truncatePrompt: true, which leaves out the first");
        }
        violations.throwIfAny(CommonReason.INVALID_SPEC);
    }

    private static void checkPrompt(ByteString prompt, String path, Violations violations) {
        if (prompt.size() > MAX_PROMPT_BYTES) {
            violations.add(path, prompt.size() + " bytes", "at most " + MAX_PROMPT_BYTES);
        }
    }

    static ServeModelResponse served(io.maru.inference.domain.LoadedModel model, String text, int truncatedTokens) {
        return ServeModelResponse.newBuilder()
                .setModel(toProto(model))
                .setText(text)
                .setTruncatedTokens(truncatedTokens)
                .build();
    }

    static List<int[]> sequences(ScoreRequest request) {
        if (request.getSequencesCount() == 0 || request.getSequencesCount() > MAX_SEQUENCES) {
            throw invalid("sequences", request.getSequencesCount(), "1 to " + MAX_SEQUENCES);
        }
        int tokens = request.getSequencesList().stream()
                .mapToInt(ScoreRequest.Sequence::getTokenIdsCount)
                .sum();
        if (tokens > MAX_SCORED_TOKENS) {
            throw invalid("sequences", tokens + " tokens", "at most " + MAX_SCORED_TOKENS);
        }
        return request.getSequencesList().stream()
                .map(sequence -> sequence.getTokenIdsList().stream()
                        .mapToInt(Integer::intValue)
                        .toArray())
                .toList();
    }

    static LoadedModel toProto(io.maru.inference.domain.LoadedModel model) {
        return LoadedModel.newBuilder()
                .setModelVersion(model.version())
                .setParameters(model.parameters())
                .setVocabularySize(model.vocabularySize())
                .setBlock(model.block())
                .setLoadTime(Timestamps.toProto(model.loadTime()))
                .build();
    }

    static GenerateResponse token(int id, String text) {
        return GenerateResponse.newBuilder().setTokenId(id).setText(text).build();
    }

    static GenerateResponse end(String text, FinishReason reason, Prompt prompt, int completionTokens) {
        return GenerateResponse.newBuilder()
                .setText(text)
                .setFinishReason(
                        switch (reason) {
                            case STOP -> GenerateResponse.FinishReason.STOP;
                            case LENGTH -> GenerateResponse.FinishReason.LENGTH;
                        })
                .setPromptTokens(prompt.tokens().length)
                .setTruncatedTokens(prompt.truncated())
                .setCompletionTokens(completionTokens)
                .build();
    }

    static ScoreResponse scores(String modelVersion, List<double[]> scores) {
        ScoreResponse.Builder response = ScoreResponse.newBuilder().setModelVersion(modelVersion);
        for (double[] sequence : scores) {
            ScoreResponse.Score.Builder score = response.addScoresBuilder();
            for (double logProbability : sequence) {
                score.addLogProbabilities((float) logProbability);
            }
        }
        return response.build();
    }

    private static RuntimeException invalid(String field, Object found, String expected) {
        return CommonReason.INVALID_ARGUMENT.because("%s: %s (expected: %s)", field, found, expected);
    }
}
