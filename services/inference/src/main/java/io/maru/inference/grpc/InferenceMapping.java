package io.maru.inference.grpc;

import com.google.protobuf.Timestamp;
import io.maru.inference.app.Generation;
import io.maru.inference.domain.FinishReason;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.GenerateResponse;
import io.maru.inference.v1.LoadedModel;
import io.maru.inference.v1.ScoreRequest;
import io.maru.inference.v1.ScoreResponse;
import io.maru.model.decoding.SamplingOptions;
import io.maru.platform.error.CommonReason;
import io.maru.platform.name.ResourceName;
import java.util.List;
import java.util.random.RandomGenerator;

/** Between the words of the wire and those of the application. Whatever a request says has its bounds here. */
final class InferenceMapping {
    static final int MAX_PROMPT_BYTES = 1 << 20;
    static final int MAX_SEQUENCES = 256;
    static final int MAX_SCORED_TOKENS = 65_536;
    private static final double MAX_TEMPERATURE = 100;

    private InferenceMapping() {}

    /** {@code models/{model}}, {@code models/{model}/versions/{version}} or {@code runs/{run}/checkpoints/{step}}. */
    static String modelName(String name) {
        String format = name.startsWith("runs/")
                ? "runs/{run}/checkpoints/{step}"
                : name.indexOf('/') == name.lastIndexOf('/') ? "models/{model}" : "models/{model}/versions/{version}";
        return ResourceName.check("model", name, format);
    }

    /** @param seeds for a request that names none */
    static Generation.Order fromProto(GenerateRequest request, RandomGenerator seeds) {
        int bytes = request.getPromptBytes().size();
        if (bytes > MAX_PROMPT_BYTES) {
            throw invalid("prompt", bytes + " bytes", "at most " + MAX_PROMPT_BYTES);
        }
        if (request.getMaxTokens() < 0) {
            throw invalid("max_tokens", request.getMaxTokens(), ">= 0");
        }
        double temperature = request.hasTemperature() ? request.getTemperature() : 1;
        if (!(temperature >= 0 && temperature <= MAX_TEMPERATURE)) {
            throw invalid("temperature", temperature, "0 to " + MAX_TEMPERATURE);
        }
        if (request.getTopK() < 0) {
            throw invalid("top_k", request.getTopK(), ">= 0");
        }
        float topP = request.hasTopP() ? (float) request.getTopP() : 1;
        if (!(topP > 0 && request.getTopP() <= 1)) {
            throw invalid("top_p", request.getTopP(), "above 0, at most 1");
        }
        long seed = request.hasSeed() ? request.getSeed() : seeds.nextLong();
        return new Generation.Order(
                modelName(request.getModel()),
                request.getPrompt(),
                request.getMaxTokens(),
                new SamplingOptions((float) temperature, request.getTopK(), topP, seed));
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
                .setLoadTime(Timestamp.newBuilder()
                        .setSeconds(model.loadTime().getEpochSecond())
                        .setNanos(model.loadTime().getNano()))
                .build();
    }

    static GenerateResponse token(int id, String text) {
        return GenerateResponse.newBuilder().setTokenId(id).setText(text).build();
    }

    static GenerateResponse end(String text, FinishReason reason, int promptTokens, int completionTokens) {
        return GenerateResponse.newBuilder()
                .setText(text)
                .setFinishReason(
                        switch (reason) {
                            case STOP -> GenerateResponse.FinishReason.STOP;
                            case LENGTH -> GenerateResponse.FinishReason.LENGTH;
                        })
                .setPromptTokens(promptTokens)
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
