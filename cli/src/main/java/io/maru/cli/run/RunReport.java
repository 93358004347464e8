package io.maru.cli.run;

import com.google.protobuf.Timestamp;
import io.maru.checkpoint.v1.GetModelVersionRequest;
import io.maru.cli.CommandFailure;
import io.maru.cli.Output;
import io.maru.control.v1.Progress;
import io.maru.control.v1.Run;
import io.maru.control.v1.Step;
import io.maru.tokenization.v1.GetDatasetRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a run came to, for people and for programs. */
public final class RunReport {
    private RunReport() {}

    /** The run with its steps; beside them what the last of each kind made, which is all of it for a run of one line. */
    public static Map<String, Object> of(Run run) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("run", run.getName());
        report.put("state", run.getState().name());
        report.put("model", made(run, "model").orElse(""));
        report.put("validation_bits_per_byte", number(run, "bits_per_byte").orElse(null));
        report.put("perplexity", number(run, "perplexity").orElse(null));
        report.put("validation_loss", number(run, "validation_loss").orElse(null));
        report.put("checkpoint", made(run, "checkpoint").orElse(""));
        report.put("dataset", made(run, "dataset").orElse(""));
        report.put(
                "sample",
                last(run, step -> !step.getText().isEmpty()).map(Step::getText).orElse(""));
        report.put("steps", run.getStepsList().stream().map(RunReport::of).toList());
        last(run, step -> step.getState() == Step.State.PAUSED)
                .ifPresent(step -> report.put("pause_reason", step.getMessage()));
        last(run, step -> step.getState() == Step.State.FAILED).ifPresent(step -> {
            report.put("error", step.getFailure().getReason());
            report.put("domain", step.getFailure().getDomain());
            report.put("message", step.getFailure().getMessage());
        });
        return report;
    }

    private static Map<String, Object> of(Step step) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("name", step.getName());
        report.put("kind", step.getKind());
        report.put("state", step.getState().name());
        report.put("attempt", step.getAttempt());
        report.put("inputs", new TreeMap<>(step.getInputsMap()));
        report.put("made", new TreeMap<>(step.getMadeMap()));
        report.put("numbers", new TreeMap<>(step.getNumbersMap()));
        report.put("seconds", step.hasEndTime() && step.hasStartTime() ? seconds(step) : null);
        report.put("text", step.getText());
        report.put("message", step.getMessage());
        if (step.hasFailure()) {
            report.put("error", step.getFailure().getReason());
            report.put("domain", step.getFailure().getDomain());
        }
        return report;
    }

    /** {@link #of(Run)} with the digests of the tokens and of the weights, by which two runs compare. */
    public static Map<String, Object> of(Run run, Services services) {
        Map<String, Object> report = of(run);
        made(run, "dataset")
                .ifPresent(dataset -> report.put(
                        "dataset_sha256",
                        services.tokenization()
                                .getDataset(GetDatasetRequest.newBuilder()
                                        .setName(dataset)
                                        .build())
                                .getManifestSha256()));
        made(run, "model").ifPresent(model -> services
                .checkpoint()
                .getModelVersion(
                        GetModelVersionRequest.newBuilder().setName(model).build())
                .getFilesList()
                .stream()
                .filter(file -> file.getFileName().equals("model.safetensors"))
                .forEach(file -> report.put("weights_sha256", file.getSha256())));
        return report;
    }

    /** What the last step that makes something of a role made. */
    public static Optional<String> made(Run run, String role) {
        return last(run, step -> step.containsMade(role)).map(step -> step.getMadeOrThrow(role));
    }

    private static Optional<Double> number(Run run, String name) {
        return last(run, step -> step.containsNumbers(name)).map(step -> step.getNumbersOrThrow(name));
    }

    private static Optional<Step> last(Run run, Predicate<Step> wanted) {
        return run.getStepsList().stream().filter(wanted).reduce((first, second) -> second);
    }

    /** The run for people. */
    public static void print(Run run, Output output) {
        for (Step step : run.getStepsList()) {
            if (step.hasStartTime() && step.hasEndTime()) {
                output.say("  %-16s %7.1f s%s", step.getName(), seconds(step), remark(step));
            }
        }
        if (run.getState() != Run.State.SUCCEEDED) {
            output.say("%s %s", run.getName(), run.getState());
            printOpen(run, output);
            return;
        }
        for (Step step : run.getStepsList()) {
            if (step.containsMade("model")) {
                output.say("model        %s", step.getMadeOrThrow("model"));
            }
            if (step.containsNumbers("bits_per_byte")) {
                output.say(
                        "validation   %.3f bits per byte, perplexity %.2f%s",
                        step.getNumbersOrThrow("bits_per_byte"),
                        step.getNumbersOrDefault("perplexity", 0),
                        count(run, "evaluate") > 1 ? ", " + step.getName() : "");
            }
            if (!step.getText().isEmpty()) {
                output.say("sample");
                step.getText()
                        .lines()
                        .flatMap(line -> Columns.wrap(line, output.columns() - 4).stream())
                        .forEach(line -> output.say("  | %s", line));
            }
        }
    }

    private static long count(Run run, String kind) {
        return run.getStepsList().stream()
                .filter(step -> step.getKind().equals(kind))
                .count();
    }

    private static String remark(Step step) {
        String attempt = step.getAttempt() > 1 ? ", attempt " + step.getAttempt() : "";
        return step.getState() == Step.State.SUCCEEDED ? attempt : " " + step.getState() + attempt;
    }

    /** Why steps of a run are paused, failed or were never begun. */
    public static void printOpen(Run run, Output output) {
        for (Step step : run.getStepsList()) {
            switch (step.getState()) {
                case PAUSED -> output.say("  %s is paused: %s", step.getName(), step.getMessage());
                case FAILED ->
                    output.say(
                            "  %s failed: %s (%s)",
                            step.getName(),
                            step.getFailure().getMessage(),
                            step.getFailure().getDomain());
                case RUNNING, CANCELLING -> output.say("  %s is %s", step.getName(), step.getState());
                default -> {
                    // Nothing to say of a step that waits, is done or was skipped.
                }
            }
        }
        List<String> skipped = run.getStepsList().stream()
                .filter(step -> step.getState() == Step.State.SKIPPED)
                .map(Step::getName)
                .toList();
        if (!skipped.isEmpty()) {
            output.say(
                    "  skipped for that: %s; maru retry %s does it again", String.join(", ", skipped), run.getName());
        }
    }

    /** Where the run is: the steps that are at work, and how far each one is that counts its work; else the model that it made. */
    public static String place(Run run) {
        return switch (run.getState()) {
            case RUNNING, PAUSED, CANCELLING ->
                run.getStepsList().stream()
                        .filter(step -> switch (step.getState()) {
                            case RUNNING, PAUSED, CANCELLING -> true;
                            default -> false;
                        })
                        .map(RunReport::place)
                        .collect(Collectors.joining("; "));
            case FAILED -> "";
            default -> made(run, "model").orElse("");
        };
    }

    private static String place(Step step) {
        Progress progress = step.getProgress();
        if (progress.getTotal() <= 0 || !step.getKind().equals("train")) {
            return step.getName();
        }
        String left = progress.hasSecondsLeft() && step.getState() == Step.State.RUNNING
                ? ", " + TimeLeft.of(progress.getSecondsLeft())
                : "";
        return String.format(
                Locale.ROOT, "%s %,d/%,d%s", step.getName(), progress.getDone(), progress.getTotal(), left);
    }

    /** Why the run failed: for each step that did its name and the reason, in one line. */
    public static List<String> reasons(Run run) {
        return run.getState() != Run.State.FAILED
                ? List.of()
                : run.getStepsList().stream()
                        .filter(step -> step.getState() == Step.State.FAILED)
                        .map(step -> step.getName() + ": "
                                + step.getFailure().getMessage().strip().replaceAll("\\s*\\R\\s*", "; "))
                        .toList();
    }

    /** @throws CommandFailure where the run failed or was cancelled */
    public static void requireSuccess(Run run) {
        if (run.getState() == Run.State.FAILED) {
            Step failed =
                    last(run, step -> step.getState() == Step.State.FAILED).orElseThrow();
            throw CommandFailure.failed(
                    failed.getFailure().getReason(),
                    "%s failed in %s: %s (%s)"
                            .formatted(
                                    run.getName(),
                                    failed.getName(),
                                    failed.getFailure().getMessage(),
                                    failed.getFailure().getDomain()));
        }
        if (run.getState() == Run.State.CANCELLED) {
            throw CommandFailure.failed("CANCELLED", run.getName() + " was cancelled");
        }
    }

    private static double seconds(Step step) {
        return Math.round(10 * (seconds(step.getEndTime()) - seconds(step.getStartTime()))) / 10.0;
    }

    private static double seconds(Timestamp time) {
        return time.getSeconds() + time.getNanos() / 1e9;
    }
}
