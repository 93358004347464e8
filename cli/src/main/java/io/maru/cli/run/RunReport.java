package io.maru.cli.run;

import com.google.protobuf.Timestamp;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.cli.CommandFailure;
import io.maru.cli.Output;
import io.maru.control.v1.Run;
import io.maru.control.v1.StageTime;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a run came to, for people and for programs. */
public final class RunReport {
    private RunReport() {}

    public static Map<String, Object> of(Run run) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("run", run.getName());
        report.put("state", run.getState().name());
        report.put("stage", run.getStage().name());
        report.put("model", run.getModelVersion());
        report.put("validation_bits_per_byte", run.hasBitsPerByte() ? run.getBitsPerByte() : null);
        report.put("perplexity", run.hasPerplexity() ? run.getPerplexity() : null);
        report.put("validation_loss", run.hasValidationLoss() ? run.getValidationLoss() : null);
        report.put("checkpoint", run.getCheckpoint());
        report.put("dataset", run.getDataset());
        report.put("dataset_sha256", run.getDatasetSha256());
        Map<String, Object> stages = new LinkedHashMap<>();
        for (StageTime time : run.getStagesList()) {
            if (time.hasEndTime()) {
                stages.put(time.getStage().name().toLowerCase(java.util.Locale.ROOT), seconds(time));
            }
        }
        report.put("seconds", stages);
        report.put("sample", run.getSample());
        if (!run.getPauseReason().isEmpty()) {
            report.put("pause_reason", run.getPauseReason());
        }
        if (!run.getFailureReason().isEmpty()) {
            report.put("error", run.getFailureReason());
            report.put("domain", run.getFailureDomain());
            report.put("message", run.getFailureMessage());
        }
        return report;
    }

    /** {@link #of(Run)} with the digest of the weights, by which two runs compare. */
    public static Map<String, Object> of(Run run, Services services) {
        Map<String, Object> report = of(run);
        if (!run.getModelVersion().isEmpty()) {
            services
                    .checkpoint()
                    .getModelVersion(GetModelVersionRequest.newBuilder()
                            .setName(run.getModelVersion())
                            .build())
                    .getFilesList()
                    .stream()
                    .filter(file -> file.getFileName().equals("model.safetensors"))
                    .forEach(file -> report.put("weights_sha256", file.getSha256()));
        }
        return report;
    }

    /** The run for people. */
    public static void print(Run run, Output output) {
        for (StageTime time : run.getStagesList()) {
            if (time.hasEndTime()) {
                output.say("  %-16s %7.1f s", RunProgress.title(time.getStage()), seconds(time));
            }
        }
        if (run.getState() != Run.State.SUCCEEDED) {
            output.say("%s %s", run.getName(), run.getState());
            printPause(run, output);
            return;
        }
        output.say("model        %s", run.getModelVersion());
        output.say("validation   %.3f bits per byte, perplexity %.2f", run.getBitsPerByte(), run.getPerplexity());
        if (!run.getSample().isEmpty()) {
            output.say("sample");
            run.getSample().lines().forEach(line -> output.say("  | %s", line));
        }
    }

    /** Why a run is paused, where it is. */
    public static void printPause(Run run, Output output) {
        if (!run.getPauseReason().isEmpty()) {
            output.say("  paused: %s", run.getPauseReason());
        }
    }

    /** @throws CommandFailure where the run failed or was cancelled */
    public static void requireSuccess(Run run) {
        if (run.getState() == Run.State.FAILED) {
            throw CommandFailure.failed(
                    run.getFailureReason(),
                    "%s failed in %s: %s (%s)"
                            .formatted(
                                    run.getName(),
                                    RunProgress.title(run.getStage()),
                                    run.getFailureMessage(),
                                    run.getFailureDomain()));
        }
        if (run.getState() == Run.State.CANCELLED) {
            throw CommandFailure.failed("CANCELLED", run.getName() + " was cancelled");
        }
    }

    private static double seconds(StageTime time) {
        return Math.round(10 * (seconds(time.getEndTime()) - seconds(time.getStartTime()))) / 10.0;
    }

    private static double seconds(Timestamp time) {
        return time.getSeconds() + time.getNanos() / 1e9;
    }
}
