package io.maru.control.client;

import io.maru.control.domain.Attempt;
import io.maru.control.domain.Input;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.Role;
import io.maru.control.domain.StepKind;
import io.maru.inference.v1.CheckServingSpecRequest;
import io.maru.inference.v1.InferenceServiceGrpc.InferenceServiceBlockingStub;
import io.maru.inference.v1.ServeModelRequest;
import io.maru.inference.v1.ServeModelResponse;
import io.maru.inference.v1.ServingSpec;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A model version is loaded and, where the spec asks for it, writes a sample. */
public final class ServeStep extends ServiceStep<ServingSpec, InferenceServiceBlockingStub> {
    /** @param deadline long enough to load a model and write the sample */
    public ServeStep(InferenceServiceBlockingStub stub, Duration deadline) {
        super(
                new StepKind("serve", List.of(Input.needed(Role.MODEL)), List.of()),
                ServingSpec.getDefaultInstance(),
                "maru.inference",
                stub,
                deadline);
    }

    @Override
    Map<String, Double> check(InferenceServiceBlockingStub service, ServingSpec spec, Draft draft) {
        service.checkServingSpec(CheckServingSpecRequest.newBuilder()
                .setSpec(spec)
                .setBlock(draft.expected().getOrDefault("block", 0.0).intValue())
                .build());
        return Map.of();
    }

    @Override
    public Report advance(Attempt attempt) {
        return neighbour().ask(service -> {
            ServeModelResponse served = service.serveModel(ServeModelRequest.newBuilder()
                    .setModel(attempt.need(Role.MODEL))
                    .setSpec(spec(attempt))
                    .build());
            return new Report.Finished(
                    Progress.NONE,
                    Map.of(),
                    Map.of("parameters", (double) served.getModel().getParameters()),
                    served.getText(),
                    message(served));
        });
    }

    private static String message(ServeModelResponse served) {
        String loaded = String.format(
                Locale.ROOT,
                "%s: loaded, %d parameters",
                served.getModel().getModelVersion(),
                served.getModel().getParameters());
        return served.getTruncatedTokens() == 0
                ? loaded
                : loaded
                        + String.format(
                                Locale.ROOT,
                                "; the first %d tokens of the prompt do not fit and are left out",
                                served.getTruncatedTokens());
    }

    /** A loaded model stays, for it is published; a sample is short. */
    @Override
    public Report cancel(Attempt attempt) {
        return new Report.Cancelled("cancelled at serving");
    }

    @Override
    public boolean isLongCall() {
        return true;
    }
}
