package io.maru.control.neighbour;

import io.maru.control.app.StageWork;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.maru.inference.v1.LoadModelRequest;
import io.maru.inference.v1.LoadedModel;
import java.time.Duration;
import java.util.Map;

/** The model version is loaded, and writes a sample. */
public final class ServeStage implements StageWork {
    private final Neighbour<InferenceServiceBlockingStub> neighbour;

    /** @param deadline long enough to load a model and write the sample */
    public ServeStage(InferenceServiceBlockingStub stub, Duration deadline) {
        this.neighbour = new Neighbour<>("maru.inference", stub, deadline);
    }

    @Override
    public Report advance(Run run, Recipe recipe) {
        String version = run.need(Result.MODEL_VERSION);
        return neighbour.ask(service -> {
            LoadedModel model = service.loadModel(
                    LoadModelRequest.newBuilder().setModel(version).build());
            return new Report.Finished(
                    Progress.NONE,
                    recipe.sample()
                            .map(sample -> Map.of(Result.SAMPLE, generate(service, version, sample)))
                            .orElse(Map.of()),
                    "%s: loaded, %d parameters".formatted(version, model.getParameters()));
        });
    }

    private static String generate(InferenceServiceBlockingStub service, String version, Recipe.Sample sample) {
        StringBuilder text = new StringBuilder();
        service.generate(GenerateRequest.newBuilder()
                        .setModel(version)
                        .setPrompt(sample.prompt())
                        .setMaxTokens(sample.maxTokens())
                        .setTemperature(sample.temperature())
                        .setTopK(sample.topK())
                        .setTopP(sample.topP())
                        .setSeed(sample.seed())
                        .build())
                .forEachRemaining(part -> text.append(part.getText()));
        return text.toString();
    }

    /** A loaded model stays, for it is published; a sample is short. */
    @Override
    public Report cancel(Run run) {
        return new Report.Cancelled("cancelled at serving");
    }
}
