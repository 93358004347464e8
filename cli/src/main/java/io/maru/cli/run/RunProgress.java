package io.maru.cli.run;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.maru.cli.CommandFailure;
import io.maru.cli.Output;
import io.maru.control.v1.GetRunRequest;
import io.maru.control.v1.Run;
import io.maru.control.v1.RunEvent;
import io.maru.control.v1.Stage;
import io.maru.control.v1.WatchRunRequest;
import io.maru.training.v1.GetTrainingJobRequest;
import java.time.Duration;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Follows a run to its end: a bar for each stage on a terminal, else a line now and then. When control goes away, it waits
 * and goes on after the last event that it saw.
 */
public final class RunProgress implements AutoCloseable {
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);
    private static final Duration LONGEST_ABSENCE = Duration.ofSeconds(120);

    private final Services services;
    private final Output output;
    private final boolean terminal;
    private Stage stage = Stage.STAGE_UNSPECIFIED;
    private boolean trainingShown;
    private ProgressBar bar;
    private long lastLine;

    public RunProgress(Services services, Output output) {
        this.services = services;
        this.output = output;
        this.terminal = System.console() != null && !output.isJson();
    }

    /** The run when it is final. */
    public Run follow(String name, long afterSequence) {
        long sequence = afterSequence;
        long seen = System.nanoTime();
        while (true) {
            try {
                Iterator<RunEvent> events = services.controlStream()
                        .watchRun(WatchRunRequest.newBuilder()
                                .setName(name)
                                .setAfterSequence(sequence)
                                .build());
                while (events.hasNext()) {
                    RunEvent event = events.next();
                    sequence = event.getSequence();
                    seen = System.nanoTime();
                    show(event);
                    showTraining(name, event);
                }
                Run run = services.control()
                        .getRun(GetRunRequest.newBuilder().setName(name).build());
                if (isFinal(run.getState())) {
                    closeBar();
                    return run;
                }
            } catch (StatusRuntimeException e) {
                Status.Code code = e.getStatus().getCode();
                boolean away = code == Status.Code.UNAVAILABLE || code == Status.Code.CANCELLED;
                if (!away || System.nanoTime() - seen > LONGEST_ABSENCE.toNanos()) {
                    throw e;
                }
                pause();
            }
        }
    }

    public static boolean isFinal(Run.State state) {
        return state == Run.State.SUCCEEDED || state == Run.State.FAILED || state == Run.State.CANCELLED;
    }

    private void show(RunEvent event) {
        if (output.isJson()) {
            return;
        }
        boolean newStage = event.getStage() != stage;
        stage = event.getStage();
        if (!event.getMessage().isEmpty()) {
            closeBar();
            output.say(event.getState() == Run.State.PAUSED ? "paused: %s" : "%s", event.getMessage());
        }
        if (terminal) {
            showBar(event, newStage);
        } else if (newStage || System.nanoTime() - lastLine > BETWEEN_LINES.toNanos()) {
            lastLine = System.nanoTime();
            output.say("%s", line(event));
        }
    }

    /** What training chose and takes, once its first steps are taken. */
    private void showTraining(String name, RunEvent event) {
        if (trainingShown || event.getStage() != Stage.TRAIN || event.getDone() == 0 || output.isJson()) {
            return;
        }
        trainingShown = true;
        Run run = services.control()
                .getRun(GetRunRequest.newBuilder().setName(name).build());
        closeBar();
        TrainingReport.print(
                services.training()
                        .getTrainingJob(GetTrainingJobRequest.newBuilder()
                                .setName(run.getTrainingJob())
                                .build()),
                output);
    }

    private void showBar(RunEvent event, boolean newStage) {
        if (newStage) {
            closeBar();
        }
        if (event.getTotal() <= 0) {
            return;
        }
        if (bar == null) {
            bar = new ProgressBarBuilder()
                    .setTaskName("%-15s".formatted(title(event.getStage())))
                    .setInitialMax(event.getTotal())
                    .setUnit(" " + event.getUnit(), 1)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(250)
                    .build();
        }
        bar.maxHint(event.getTotal());
        bar.stepTo(event.getDone());
        bar.setExtraMessage(numbers(event));
    }

    private static String line(RunEvent event) {
        String done = event.getTotal() > 0
                ? " %,d of %,d %s".formatted(event.getDone(), event.getTotal(), event.getUnit())
                : "";
        return title(event.getStage()) + done + numbers(event);
    }

    private static String numbers(RunEvent event) {
        StringBuilder text = new StringBuilder();
        if (event.hasLoss()) {
            text.append(", loss %.3f".formatted(event.getLoss()));
        }
        if (event.hasValidationLoss()) {
            text.append(", validation loss %.3f".formatted(event.getValidationLoss()));
        }
        if (event.hasTokensPerSecond()) {
            text.append(", %,.0f tokens/s".formatted(event.getTokensPerSecond()));
        }
        if (event.hasSecondsLeft()) {
            text.append(", %.0f s left".formatted(event.getSecondsLeft()));
        }
        return text.toString();
    }

    /** {@code TRAIN_TOKENIZER} reads as "train tokenizer". */
    public static String title(Stage stage) {
        return stage == Stage.STAGE_UNSPECIFIED
                ? "waiting"
                : stage.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static void pause() {
        try {
            TimeUnit.SECONDS.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.failed("INTERRUPTED", "interrupted");
        }
    }

    private void closeBar() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    @Override
    public void close() {
        closeBar();
    }
}
