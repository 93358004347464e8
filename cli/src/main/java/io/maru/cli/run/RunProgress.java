package io.maru.cli.run;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.maru.cli.CommandFailure;
import io.maru.cli.Output;
import io.maru.control.v1.GetRunRequest;
import io.maru.control.v1.Progress;
import io.maru.control.v1.Run;
import io.maru.control.v1.RunEvent;
import io.maru.control.v1.Step;
import io.maru.control.v1.WatchRunRequest;
import io.maru.training.v1.GetTrainingHistoryRequest;
import io.maru.training.v1.GetTrainingJobRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Follows a run to its end: on a terminal it draws it, else it prints a line now and then. When control goes away, it waits
 * and goes on after the last event that it saw.
 */
public final class RunProgress implements AutoCloseable {
    private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);
    private static final Duration MAX_ABSENCE = Duration.ofSeconds(120);
    private static final int CURVE_POINTS = 60;

    private final Services services;
    private final Output output;
    private final Set<String> trainingsShown = new HashSet<>();
    /** States of the steps, as far as events told them. */
    private final Map<String, Step.State> states = new HashMap<>();

    private final Map<String, Long> lastLines = new HashMap<>();
    /** None where nobody looks. */
    private Optional<RunScreen> screen = Optional.empty();

    public RunProgress(Services services, Output output) {
        this.services = services;
        this.output = output;
    }

    /** The run when it is final. */
    public Run follow(String name, long afterSequence) {
        long sequence = afterSequence;
        long seen = System.nanoTime();
        while (true) {
            try {
                if (output.isTerminal() && screen.isEmpty()) {
                    screen = Optional.of(new RunScreen(output, kinds(name)));
                }
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
                    close();
                    if (output.isTerminal()) {
                        showCurves(run);
                    }
                    return run;
                }
            } catch (StatusRuntimeException e) {
                Status.Code code = e.getStatus().getCode();
                boolean away = code == Status.Code.UNAVAILABLE || code == Status.Code.CANCELLED;
                if (!away || System.nanoTime() - seen > MAX_ABSENCE.toNanos()) {
                    throw e;
                }
                pause();
            }
        }
    }

    public static boolean isFinal(Run.State state) {
        return state == Run.State.SUCCEEDED || state == Run.State.FAILED || state == Run.State.CANCELLED;
    }

    private Map<String, String> kinds(String run) {
        return services.control().getRun(GetRunRequest.newBuilder().setName(run).build()).getStepsList().stream()
                .collect(Collectors.toMap(Step::getName, Step::getKind));
    }

    private void show(RunEvent event) {
        if (screen.isPresent()) {
            screen.get().show(event);
            return;
        }
        if (output.isJson() || event.getStep().isEmpty()) {
            if (!event.getMessage().isEmpty()) {
                output.say("%s", event.getMessage());
            }
            return;
        }
        Step.State before = states.put(event.getStep(), event.getStepState());
        boolean turned = before != event.getStepState();
        if (!event.getMessage().isEmpty()) {
            output.say(
                    event.getStepState() == Step.State.PAUSED ? "%s paused: %s" : "%s: %s",
                    event.getStep(),
                    event.getMessage());
        }
        if (turned || isDue(event.getStep())) {
            lastLines.put(event.getStep(), System.nanoTime());
            if (event.getMessage().isEmpty()) {
                output.say("%s", line(event));
            }
        }
    }

    private boolean isDue(String step) {
        Long last = lastLines.get(step);
        return last == null || System.nanoTime() - last > BETWEEN_LINES.toNanos();
    }

    /** What training chose and takes, once its first steps are taken. */
    private void showTraining(String name, RunEvent event) {
        boolean begun = event.getProgress().getUnit().equals("steps")
                && event.getProgress().getDone() > 0;
        if (!begun || output.isJson() || !trainingsShown.add(event.getStep() + "-" + event.getAttempt())) {
            return;
        }
        Run run = services.control()
                .getRun(GetRunRequest.newBuilder().setName(name).build());
        for (Step step : run.getStepsList()) {
            if (step.getName().equals(event.getStep()) && step.containsMade("training_job")) {
                screen.ifPresent(RunScreen::close);
                TrainingReport.print(
                        services.training()
                                .getTrainingJob(GetTrainingJobRequest.newBuilder()
                                        .setName(step.getMadeOrThrow("training_job"))
                                        .build()),
                        output);
            }
        }
    }

    /** How the losses fell, a picture for each step that trained. */
    private void showCurves(Run run) {
        for (Step step : run.getStepsList()) {
            if (step.containsMade("training_job")) {
                try {
                    LossCurve.draw(services.training()
                                    .getTrainingHistory(GetTrainingHistoryRequest.newBuilder()
                                            .setName(step.getMadeOrThrow("training_job"))
                                            .setMaxPoints(CURVE_POINTS)
                                            .build())
                                    .getPointsList())
                            .forEach(line -> output.say("%s", line));
                } catch (StatusRuntimeException e) {
                    // The run went as it went, with a picture or without one.
                    output.say("no curve of %s: training does not answer", step.getName());
                }
            }
        }
    }

    private static String line(RunEvent event) {
        Progress progress = event.getProgress();
        String done = progress.getTotal() > 0
                ? String.format(
                        Locale.ROOT, " %,d of %,d %s", progress.getDone(), progress.getTotal(), progress.getUnit())
                : "";
        String state = event.getStepState() == Step.State.RUNNING ? "" : " " + event.getStepState();
        return event.getStep() + state + done + numbers(progress);
    }

    private static String numbers(Progress progress) {
        StringBuilder text = new StringBuilder();
        if (progress.containsNumbers("loss")) {
            text.append(String.format(Locale.ROOT, ", loss %.3f", progress.getNumbersOrThrow("loss")));
        }
        if (progress.containsNumbers("validation_loss")) {
            text.append(String.format(
                    Locale.ROOT, ", validation loss %.3f", progress.getNumbersOrThrow("validation_loss")));
        }
        if (progress.containsNumbers("tokens_per_second")) {
            text.append(
                    String.format(Locale.ROOT, ", %,.0f tokens/s", progress.getNumbersOrThrow("tokens_per_second")));
        }
        if (progress.hasSecondsLeft()) {
            text.append(", " + TimeLeft.of(progress.getSecondsLeft()));
        }
        return text.toString();
    }

    private static void pause() {
        try {
            TimeUnit.SECONDS.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.failed("INTERRUPTED", "interrupted");
        }
    }

    @Override
    public void close() {
        screen.ifPresent(RunScreen::close);
    }
}
