package io.maru.cli.run;

import io.maru.cli.Output;
import io.maru.training.v1.Choice;
import io.maru.training.v1.HistoryPoint;
import io.maru.training.v1.Preflight;
import io.maru.training.v1.TrainingJob;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What training chose for a run, what it takes of the machine and how it went, for people and for programs. */
public final class TrainingReport {
    private TrainingReport() {}

    public static Map<String, Object> of(TrainingJob job) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("state", job.getState().name());
        report.put("step", job.getStep());
        report.put("steps", job.getSteps());
        report.put("parameters", job.getParameters());
        report.put("loss", job.getLoss());
        report.put("tokens_per_second", job.getTokensPerSecond());
        report.put(
                "choices",
                job.getChoicesList().stream()
                        .map(choice ->
                                Map.of("field", choice.getField(), "value", choice.getValue(), "why", choice.getWhy()))
                        .toList());
        Preflight preflight = job.getPreflight();
        Map<String, Object> takes = new LinkedHashMap<>();
        takes.put("planned_bytes", preflight.getPlannedBytes());
        takes.put("memory_limit_bytes", preflight.getMemoryLimitBytes());
        takes.put("peak_bytes", preflight.getPeakBytes());
        takes.put("step_seconds", preflight.getStepSeconds());
        takes.put("seconds", preflight.getSeconds());
        report.put("preflight", takes);
        return report;
    }

    public static Map<String, Object> of(HistoryPoint point) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("first_step", point.getFirstStep());
        report.put("last_step", point.getLastStep());
        report.put("measurements", point.getMeasurements());
        report.put("first_loss", point.getFirstLoss());
        report.put("min_loss", point.getMinLoss());
        report.put("max_loss", point.getMaxLoss());
        report.put("last_loss", point.getLastLoss());
        report.put("validation_loss", point.hasValidationLoss() ? point.getValidationLoss() : null);
        report.put("learning_rate", point.getLearningRate());
        report.put("max_gradient_norm", point.getMaxGradientNorm());
        report.put("tokens_per_second", point.getTokensPerSecond());
        report.put("flops_per_second", point.getFlopsPerSecond());
        report.put("mfu", point.getMfu());
        report.put("step_seconds", point.getStepSeconds());
        report.put("data_wait_seconds", point.getDataWaitSeconds());
        report.put("max_memory_bytes", point.getMaxMemoryBytes());
        return report;
    }

    /** What was chosen, and what two steps on trial took. */
    public static void print(TrainingJob job, Output output) {
        for (Choice choice : job.getChoicesList()) {
            output.paragraph(
                    String.format(Locale.ROOT, "  auto %-17s %-10s ", choice.getField(), choice.getValue()),
                    choice.getWhy());
        }
        Preflight preflight = job.getPreflight();
        if (preflight.getPeakBytes() > 0) {
            output.paragraph(
                    "  tried            ",
                    String.format(
                            Locale.ROOT,
                            "%.2f GiB of memory at most, of %.1f; %.3f s a step, about %,.0f s in all",
                            gib(preflight.getPeakBytes()),
                            gib(preflight.getMemoryLimitBytes()),
                            preflight.getStepSeconds(),
                            preflight.getSeconds()));
        } else {
            output.say(
                    "  planned          %.2f GiB of memory, of %.1f",
                    gib(preflight.getPlannedBytes()), gib(preflight.getMemoryLimitBytes()));
        }
    }

    public static void print(List<HistoryPoint> points, Output output) {
        output.say(
                "%17s %8s %8s %8s %8s %10s %10s %6s %9s %6s",
                "steps", "first", "lowest", "highest", "last", "validation", "tokens/s", "MFU", "data wait", "GiB");
        for (HistoryPoint point : points) {
            output.say(
                    "%8d-%-8d %8.4f %8.4f %8.4f %8.4f %10s %,10.0f %5.1f%% %8.2f%% %6.2f",
                    point.getFirstStep(),
                    point.getLastStep(),
                    point.getFirstLoss(),
                    point.getMinLoss(),
                    point.getMaxLoss(),
                    point.getLastLoss(),
                    point.hasValidationLoss() ? String.format(Locale.ROOT, "%.4f", point.getValidationLoss()) : "",
                    point.getTokensPerSecond(),
                    100 * point.getMfu(),
                    point.getStepSeconds() == 0 ? 0.0 : 100 * point.getDataWaitSeconds() / point.getStepSeconds(),
                    gib(point.getMaxMemoryBytes()));
        }
    }

    private static double gib(long bytes) {
        return bytes / (double) (1L << 30);
    }
}
