package io.maru.cli.run;

import io.maru.cli.Output;
import io.maru.control.v1.Progress;
import io.maru.control.v1.RunEvent;
import io.maru.control.v1.Step;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Draws a run on a terminal: what each step is for when it begins, a line that lasts for each validation, and below them one
 * that is drawn anew with each event, a bar for the step at work.
 */
final class RunScreen {
    private static final int BAR = 20;

    private final Output output;
    /** By name of a step. */
    private final Map<String, String> kinds;

    private final Map<String, Step.State> states = new HashMap<>();
    private final Map<String, Double> validations = new HashMap<>();
    /** Of the steps at work. */
    private final Map<String, Progress> progresses = new LinkedHashMap<>();

    private String drawn = "";

    /** @param kinds of the steps, by name */
    RunScreen(Output output, Map<String, String> kinds) {
        this.output = output;
        this.kinds = Map.copyOf(kinds);
    }

    void show(RunEvent event) {
        String step = event.getStep();
        if (!step.isEmpty()) {
            Step.State before = states.put(step, event.getStepState());
            boolean begins =
                    event.getStepState() == Step.State.RUNNING && (before == null || before == Step.State.PENDING);
            if (begins) {
                say(String.format(Locale.ROOT, "%-12s %s", step, purpose(kinds.getOrDefault(step, "")))
                        .strip());
            } else if (before != event.getStepState() && event.getMessage().isEmpty() && isNews(event)) {
                say("  " + step + " is " + event.getStepState());
            }
        }
        if (!event.getMessage().isEmpty()) {
            say("  ", event.getMessage());
        }
        if (event.getStepState() == Step.State.RUNNING || event.getStepState() == Step.State.PAUSED) {
            validated(step, event.getProgress());
            progresses.put(step, event.getProgress());
        } else {
            progresses.remove(step);
        }
        draw(bars());
    }

    /** A step that is done says so by its message, or by the next one that begins. */
    private static boolean isNews(RunEvent event) {
        return switch (event.getStepState()) {
            case PAUSED, CANCELLING, CANCELLED, FAILED, SKIPPED, RUNNING -> true;
            default -> false;
        };
    }

    /** A line that lasts for each validation, so that one sees the losses fall. */
    private void validated(String step, Progress progress) {
        if (!progress.containsNumbers("validation_loss")) {
            return;
        }
        double validation = progress.getNumbersOrThrow("validation_loss");
        Double before = validations.put(step, validation);
        if (before == null || before != validation) {
            say(String.format(
                    Locale.ROOT,
                    "  %s %,10d   loss %7.3f   validation loss %7.3f",
                    progresses.size() > 1 ? step : "step",
                    progress.getDone(),
                    progress.getNumbersOrDefault("loss", Double.NaN),
                    validation));
        }
    }

    /** What a kind of step is for, in half a line; empty for one that this command does not know. */
    static String purpose(String kind) {
        return switch (kind) {
            case "import" -> "reads a model that was made elsewhere, and checks each tensor of it";
            case "ingest" -> "reads the text, and keeps some of it away for validation";
            case "tokenizer" -> "learns which pieces of words become one token each";
            case "encode" -> "turns the text into tokens, the numbers that a model reads";
            case "train" -> "lets the model guess each next token, and corrects it";
            case "publish" -> "makes what was learned a version of a model";
            case "evaluate" -> "measures the model on text that it has not learned from";
            case "serve" -> "loads the model and lets it write";
            default -> "";
        };
    }

    private String bars() {
        if (progresses.size() == 1) {
            Map.Entry<String, Progress> only = progresses.entrySet().iterator().next();
            return only.getValue().getTotal() > 0 ? bar(only.getKey(), only.getValue()) : "";
        }
        StringJoiner all = new StringJoiner("  |  ");
        progresses.forEach((step, progress) -> all.add(step
                + (progress.getTotal() > 0 ? String.format(Locale.ROOT, " %d%%", percent(progress)) : "")
                + loss(progress)));
        return all.toString();
    }

    private String bar(String step, Progress progress) {
        int full = BAR * percent(progress) / 100;
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT, "%-9s [%s%s] %3d%%", step, "#".repeat(full), "-".repeat(BAR - full), percent(progress)));
        append(line, loss(progress));
        if (progress.hasSecondsLeft()) {
            append(line, ", " + TimeLeft.of(progress.getSecondsLeft()));
        }
        append(line, String.format(Locale.ROOT, ", %,d/%,d", progress.getDone(), progress.getTotal()));
        append(line, " " + progress.getUnit());
        if (progress.containsNumbers("tokens_per_second")) {
            append(
                    line,
                    String.format(Locale.ROOT, ", %,.0f tokens/s", progress.getNumbersOrThrow("tokens_per_second")));
        }
        return line.toString();
    }

    /** What does not fit is left out, the least important last. */
    private void append(StringBuilder line, String part) {
        if (line.length() + part.length() <= output.columns()) {
            line.append(part);
        }
    }

    private static String loss(Progress progress) {
        return progress.containsNumbers("loss")
                ? String.format(Locale.ROOT, ", loss %.3f", progress.getNumbersOrThrow("loss"))
                : "";
    }

    private static int percent(Progress progress) {
        return (int) (100.0 * Math.max(0, Math.min(progress.getDone(), progress.getTotal())) / progress.getTotal());
    }

    /** A line that lasts. */
    void say(String line) {
        say("", line);
    }

    private void say(String indent, String text) {
        close();
        output.paragraph(indent, text);
    }

    private void draw(String line) {
        String fits = Columns.cut(line, output.columns());
        if (!fits.equals(drawn)) {
            // Over what a longer line left.
            output.stream("\r" + fits + " ".repeat(Math.max(0, Columns.width(drawn) - Columns.width(fits))));
            drawn = fits;
            if (fits.isEmpty()) {
                output.stream("\r");
            }
        }
    }

    /** Leaves the terminal at the begin of an empty line. */
    void close() {
        draw("");
    }
}
