package io.maru.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.control.domain.Attempt;
import io.maru.control.domain.ControlReason;
import io.maru.control.domain.Failure;
import io.maru.control.domain.Plan;
import io.maru.control.domain.RecipeReader;
import io.maru.control.domain.Report;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.domain.RunState;
import io.maru.control.domain.StepState;
import io.maru.control.domain.StepStatus;
import io.maru.platform.error.Refusal;
import io.maru.platform.error.Violations;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RunConductorTest {
    private static final String WORKSPACE = "workspaces/default";
    private static final String NAME = WORKSPACE + "/runs/r-1";
    private static final Duration INTERVAL = Duration.ofMillis(500);
    private static final Failure AWAY = new Failure("maru.training", "UNAVAILABLE", "connection refused");
    private static final Failure BROKEN = new Failure("maru.ingestion", "NOT_UTF8", "line 3, byte 17");
    private static final String LINE = """
            name: a
            steps: [ingest: {}, tokenizer: {}, encode: {}, train: {}, publish: {}, evaluate: {}, serve: {}]
            """;
    /** Two trainings of one dataset, each published and evaluated. */
    private static final String FORK = """
            name: a
            steps:
              - ingest: {}
              - tokenizer: {}
              - encode: {}
              - train: {name: left}
              - train: {name: right}
              - publish: {name: publish-left, from: left, model: models/left}
              - publish: {name: publish-right, from: right, model: models/right}
              - evaluate: {name: evaluate-left, from: publish-left}
              - evaluate: {name: evaluate-right, from: publish-right}
            """;

    private final InMemoryRunStore store = new InMemoryRunStore();
    private final List<RunState> observed = new ArrayList<>();
    private Map<String, FakeStep> steps;
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private RunConductor conductor;
    private Runs runs;

    @BeforeEach
    void submit() {
        steps = FakeStep.all();
        conductor = newConductor();
        runs = new Runs(
                store,
                source -> OptionalLong.of(1000),
                planner(),
                works(),
                (before, after) -> {},
                run -> {},
                100,
                () -> now);
        create(NAME, LINE);
    }

    private StepWorks works() {
        return new StepWorks(steps.values());
    }

    private Planner planner() {
        return new Planner(works(), (name, roles, path, violations) -> Optional.empty());
    }

    private void create(String name, String recipe) {
        Violations violations = new Violations();
        Plan plan = planner()
                .plan(RecipeReader.read(recipe, violations), WORKSPACE, List.of(), 0, violations)
                .plan();
        violations.throwIfAny(ControlReason.RECIPE_INVALID);
        store.create(new RunStore.NewRun(name, name, recipe, List.of(WORKSPACE + "/uploads/a"), 3, plan), now);
    }

    private RunConductor newConductor() {
        return new RunConductor(store, works(), (before, after) -> observed.add(after.state()), INTERVAL, () -> now);
    }

    @Test
    void doesEveryStepOnceItsInputsAreThere() {
        conductToTheEnd();

        assertThat(run().status().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(messages())
                .containsExactly(
                        "r-1-ingest is done",
                        "r-1-tokenizer is done",
                        "r-1-encode is done",
                        "r-1-train is done",
                        "r-1-publish is done",
                        "r-1-evaluate is done",
                        "r-1-serve is done");
        assertThat(run().status().steps().values())
                .hasSize(7)
                .allMatch(step -> step.end().isPresent() && step.state() == StepState.SUCCEEDED);
        assertThat(step("train").made()).containsEntry("checkpoint", "checkpoint of r-1-train");
        assertThat(step("train").numbers()).containsEntry("score", 1.5);
        assertThat(observed).endsWith(RunState.SUCCEEDED);
    }

    @Test
    void aStepIsAskedWithItsInputsAndWithWhatTheRunSays() {
        conductToTheEnd();

        Attempt evaluation = steps.get("evaluate").asked.get(0);
        assertThat(evaluation.inputs())
                .containsOnly(
                        Map.entry("model", "model of r-1-publish"), Map.entry("dataset", "dataset of r-1-encode"));
        assertThat(evaluation.id()).isEqualTo("r-1-evaluate");
        assertThat(evaluation.requestId()).isEqualTo("runs/r-1/evaluate");
        assertThat(evaluation.priority()).isEqualTo(3);
        assertThat(steps.get("publish").asked.get(0).inputs()).containsEntry("model", WORKSPACE + "/models/a");
        assertThat(steps.get("ingest").asked.get(0).sources()).containsExactly(WORKSPACE + "/uploads/a");
    }

    @Test
    void whatIsReadyRunsSideBySide() {
        String name = WORKSPACE + "/runs/r-2";
        create(name, FORK);
        steps.get("train")
                .says(
                        "left",
                        steps.get("train").working(1, "left"),
                        steps.get("train").working(2, "left"));
        conductUntil(name, "left", StepState.RUNNING);

        assertThat(store.find(name).orElseThrow().status().active()).containsExactly("left", "right");

        conductToTheEnd(name);
        assertThat(store.find(name).orElseThrow().status().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(steps.get("evaluate").asked)
                .extracting(attempt -> attempt.step() + ": " + attempt.need("model"))
                .contains("evaluate-left: model of r-2-publish-left", "evaluate-right: model of r-2-publish-right");
    }

    @Test
    void savesTheStepBeforeItGivesTheCommand() {
        store.dieAtSave(0, false);

        assertThatThrownBy(() -> conductor.conduct(NAME)).isInstanceOf(InMemoryRunStore.Killed.class);

        assertThat(steps.get("ingest").effects).isEmpty();
        assertThat(run().status().state()).isEqualTo(RunState.PENDING);
    }

    /** Whichever of its saves kills the process, before or after it is written, the next one goes on. */
    @ParameterizedTest
    @ValueSource(strings = {LINE, FORK})
    void isKilledAtAnyPointAndLosesNothing(String recipe) {
        String measure = WORKSPACE + "/runs/measure";
        create(measure, recipe);
        conductToTheEnd(measure);
        int saves = (int) store.find(measure).orElseThrow().status().sequence() - 1;

        for (boolean after : new boolean[] {false, true}) {
            for (int save = 0; save < saves; save++) {
                String id = "killed-" + after + "-" + save;
                String name = WORKSPACE + "/runs/" + id;
                create(name, recipe);
                store.dieAtSave(save, after);
                assertThatThrownBy(() -> conductToTheEnd(name)).isInstanceOf(InMemoryRunStore.Killed.class);

                conductor = newConductor();
                conductToTheEnd(name);

                Run ended = store.find(name).orElseThrow();
                assertThat(ended.status().state()).isEqualTo(RunState.SUCCEEDED);
                assertThat(steps.values().stream()
                                .flatMap(step -> step.effects.stream())
                                .filter(request -> request.startsWith("runs/" + id + "/")))
                        .hasSize(ended.plan().steps().size());
                assertThat(ended.status().steps().values()).allMatch(step -> step.attempt() == 1);
            }
        }
    }

    @Test
    void comesBackAfterTheIntervalWhileTheServiceWorks() {
        assertThat(conductor.conduct(NAME)).contains(INTERVAL);
        assertThat(run().status().active()).containsExactly("ingest");
        assertThat(step("ingest").made()).containsEntry("corpus", "corpus of r-1-ingest");
    }

    @Test
    void tellsProgressOnlyWhenItIsAnotherAndNotTooOften() {
        FakeStep ingest = steps.get("ingest");
        for (long done : new long[] {0, 0, 10, 20, 20}) {
            ingest.says("ingest", ingest.working(done, "r-1-ingest"));
        }
        conductor.conduct(NAME);
        long sequence = run().status().sequence();

        pass(INTERVAL);
        conductor.conduct(NAME);
        assertThat(run().status().sequence()).as("nothing changed").isEqualTo(sequence);

        conductor.conduct(NAME);
        assertThat(step("ingest").progress().done()).isEqualTo(10);
        assertThat(run().status().sequence()).isEqualTo(sequence + 1);

        pass(INTERVAL.dividedBy(2));
        conductor.conduct(NAME);
        assertThat(run().status().sequence()).as("too soon").isEqualTo(sequence + 1);

        pass(INTERVAL.dividedBy(2));
        conductor.conduct(NAME);
        assertThat(step("ingest").progress().done()).isEqualTo(20);
        assertThat(run().status().sequence()).isEqualTo(sequence + 2);
    }

    @Test
    void estimatesTheTimeLeftFromTheTimeTaken() {
        FakeStep ingest = steps.get("ingest");
        ingest.says("ingest", ingest.working(0, "r-1-ingest"), ingest.working(20, "r-1-ingest"));
        conductor.conduct(NAME);
        assertThat(step("ingest").progress().secondsLeft()).isEmpty();

        pass(Duration.ofSeconds(5));
        conductor.conduct(NAME);

        // 20 of 100 in 5 seconds: 80 more in 20.
        assertThat(step("ingest").progress().secondsLeft()).isEqualTo(OptionalDouble.of(20));
    }

    @Test
    void aFailedStepFailsTheRunAndWhatWaitsForItIsSkipped() {
        steps.get("ingest").says("ingest", new Report.Failed(BROKEN));

        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.FAILED);
        assertThat(step("ingest").failure()).contains(BROKEN);
        assertThat(step("ingest").end()).contains(now);
        assertThat(run().status().endTime()).contains(now);
        assertThat(step("tokenizer").state()).isEqualTo(StepState.SKIPPED);
        assertThat(step("serve").state()).isEqualTo(StepState.SKIPPED);
        assertThat(steps.get("tokenizer").asked).isEmpty();
    }

    @Test
    void whatDoesNotWaitForTheFailedStepGoesOn() {
        String name = WORKSPACE + "/runs/r-2";
        create(name, FORK);
        steps.get("train").says("left", new Report.Failed(BROKEN));

        conductToTheEnd(name);

        Run ended = store.find(name).orElseThrow();
        assertThat(ended.status().state()).isEqualTo(RunState.FAILED);
        assertThat(ended.status().step("evaluate-left").state()).isEqualTo(StepState.SKIPPED);
        assertThat(ended.status().step("evaluate-right").state()).isEqualTo(StepState.SUCCEEDED);
        assertThat(store.events(name, 0, 1000))
                .as("final once, at the end")
                .filteredOn(event -> event.state().isFinal())
                .singleElement()
                .satisfies(event ->
                        assertThat(event.sequence()).isEqualTo(ended.status().sequence()));
    }

    @Test
    void aRetryBeginsTheFailedStepAnewAndLeavesTheOthersAlone() {
        String name = WORKSPACE + "/runs/r-2";
        create(name, FORK);
        steps.get("train").says("left", new Report.Failed(BROKEN));
        conductToTheEnd(name);

        Run again = runs.retry(name, "");
        assertThat(again.status().state()).isEqualTo(RunState.RUNNING);
        assertThat(again.status().endTime()).isEmpty();
        assertThat(again.status().step("evaluate-left").state()).isEqualTo(StepState.PENDING);
        conductToTheEnd(name);

        Run ended = store.find(name).orElseThrow();
        assertThat(ended.status().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(ended.status().step("left").attempt()).isEqualTo(2);
        assertThat(ended.status().step("left").made()).containsEntry("checkpoint", "checkpoint of r-2-left-a2");
        assertThat(ended.status().step("left").failure()).isEmpty();
        assertThat(steps.get("train").effects).containsOnly("runs/r-2/left", "runs/r-2/left-a2", "runs/r-2/right");
        assertThat(steps.get("encode").effects).containsOnly("runs/r-2/encode");
        assertThat(steps.get("publish").effects).containsOnly("runs/r-2/publish-left", "runs/r-2/publish-right");
    }

    @Test
    void whatNobodyNeedsToRetryIsRefused() {
        assertThatThrownBy(() -> runs.retry(NAME, "")).isInstanceOfSatisfying(Refusal.class, e -> assertThat(e.reason())
                .isEqualTo(ControlReason.WRONG_STATE));
        conductToTheEnd();
        assertThatThrownBy(() -> runs.retry(NAME, "train"))
                .hasMessageContaining("train is SUCCEEDED in a run that is SUCCEEDED");
        assertThatThrownBy(() -> runs.retry(NAME, "trian"))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(ControlReason.STEP_NOT_FOUND));
    }

    @Test
    void aCancelledRunCanBeRetried() {
        conductUntil(NAME, "train", StepState.RUNNING);
        runs.cancel(NAME);
        conductToTheEnd();
        assertThat(step("publish").state()).isEqualTo(StepState.CANCELLED);

        runs.retry(NAME, "");
        conductToTheEnd();

        assertThat(run().status().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(step("train").attempt()).isEqualTo(2);
        assertThat(step("publish").attempt()).as("it never began").isEqualTo(1);
        assertThat(step("encode").attempt()).isEqualTo(1);
    }

    @Test
    void aStepThatSomebodyElseCancelledCancelsTheRun() {
        steps.get("ingest").says("ingest", new Report.Cancelled("corpora/r-1 was cancelled"));

        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
        assertThat(messages()).containsExactly("corpora/r-1 was cancelled");
    }

    @Test
    void waitsWithoutEndForAServiceThatIsAwayAndSaysSoOnce() {
        for (int i = 0; i < 100; i++) {
            steps.get("ingest").says("ingest", new Report.NoAnswer(AWAY, Report.NoAnswer.ENDLESS));
        }

        Duration pause = Duration.ZERO;
        for (int i = 0; i < 100; i++) {
            Duration next = conductor.conduct(NAME).orElseThrow();
            assertThat(next).isBetween(pause, Duration.ofSeconds(5));
            pause = next;
        }
        assertThat(messages()).containsExactly("waiting for maru.training: UNAVAILABLE, connection refused");
        assertThat(pause).isEqualTo(Duration.ofSeconds(5));

        steps.get("ingest").says("ingest", steps.get("ingest").working(1, "r-1-ingest"));
        assertThat(conductor.conduct(NAME)).contains(INTERVAL);
        assertThat(messages()).last().isEqualTo("the service answers again");
        conductToTheEnd();
        assertThat(run().status().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void aServiceThatIsAwayKeepsNoOtherStepBack() {
        String name = WORKSPACE + "/runs/r-2";
        create(name, FORK);
        for (int i = 0; i < 50; i++) {
            steps.get("train").says("left", new Report.NoAnswer(AWAY, Report.NoAnswer.ENDLESS));
        }
        conductUntil(name, "left", StepState.RUNNING);

        assertThat(conductor.conduct(name)).as("right is at work").contains(INTERVAL);
        assertThat(store.find(name).orElseThrow().status().step("right").state())
                .isEqualTo(StepState.SUCCEEDED);
    }

    @Test
    void givesUpOnAFaultThatStays() {
        Report fault = new Report.NoAnswer(new Failure("maru.ingestion", "INTERNAL", "internal error"), 3);
        steps.get("ingest").says("ingest", fault, fault, fault);

        assertThat(conductor.conduct(NAME)).isPresent();
        assertThat(conductor.conduct(NAME)).isPresent();
        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.FAILED);
        assertThat(step("ingest").failure().orElseThrow().reason()).isEqualTo("INTERNAL");
    }

    @Test
    void aFaultThatPassesIsForgotten() {
        FakeStep ingest = steps.get("ingest");
        Report fault = new Report.NoAnswer(new Failure("maru.ingestion", "INTERNAL", "internal error"), 2);
        ingest.says("ingest", fault, ingest.working(1, "r-1-ingest"), fault, ingest.working(2, "r-1-ingest"), fault);

        conductToTheEnd();

        assertThat(run().status().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void isPausedWhileItsTrainingIsPaused() {
        FakeStep train = steps.get("train");
        String id = "r-1-train";
        train.says(
                "train",
                train.working(0, id),
                train.working(10, id),
                train.paused(10, id),
                train.paused(10, id),
                train.working(10, id));
        while (run().status().state() != RunState.PAUSED) {
            pass(INTERVAL);
            conductor.conduct(NAME);
        }
        long sequence = run().status().sequence();
        assertThat(step("train").message()).isEqualTo("because");

        conductor.conduct(NAME);
        assertThat(run().status().sequence()).isEqualTo(sequence);

        conductor.conduct(NAME);
        assertThat(run().status().state()).isEqualTo(RunState.RUNNING);
        assertThat(step("train").message()).isEmpty();
    }

    @Test
    void ofTwoTrainingsOneThatIsPausedPausesNoRun() {
        String name = WORKSPACE + "/runs/r-2";
        create(name, FORK);
        FakeStep train = steps.get("train");
        for (int i = 0; i < 10; i++) {
            train.says("left", train.paused(10, "r-2-left"));
        }
        train.says("right", train.working(1, "r-2-right"), train.working(2, "r-2-right"), train.paused(3, "r-2-right"));
        conductUntil(name, "left", StepState.PAUSED);

        assertThat(store.find(name).orElseThrow().status().state()).isEqualTo(RunState.RUNNING);
        runs.pause(name);
        assertThat(train.pauses).containsExactly("pause left", "pause right");

        conductUntil(name, "right", StepState.PAUSED);
        assertThat(store.find(name).orElseThrow().status().state()).isEqualTo(RunState.PAUSED);
        runs.resume(name);
        assertThat(train.pauses).endsWith("resume left", "resume right");
    }

    @Test
    void whatCannotPauseIsNotAsked() {
        conductor.conduct(NAME);

        assertThatThrownBy(() -> runs.pause(NAME))
                .hasMessageContaining(
                        "RUNNING with ingest at work (expected: RUNNING or PAUSED with a step that trains)");
    }

    @Test
    void aRunThatNeverBeganIsCancelledAtOnce() {
        assertThat(runs.cancel(NAME).status().state()).isEqualTo(RunState.CANCELLED);
        assertThat(conductor.conduct(NAME)).isEmpty();
        assertThat(steps.get("ingest").asked).isEmpty();
        assertThat(steps.get("ingest").cancels).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ingest", "tokenizer", "encode", "train", "publish", "evaluate"})
    void aCancelWaitsForTheStepToStop(String step) {
        FakeStep fake = steps.get(step);
        conductUntil(NAME, step, StepState.RUNNING);

        assertThat(runs.cancel(NAME).status().state()).isEqualTo(RunState.CANCELLING);
        assertThat(runs.cancel(NAME).status().state()).isEqualTo(RunState.CANCELLING);
        fake.says(step, fake.working(1, "id"), fake.working(2, "id"));
        assertThat(conductor.conduct(NAME)).contains(INTERVAL);
        assertThat(conductor.conduct(NAME)).contains(INTERVAL);
        assertThat(run().status().state()).isEqualTo(RunState.CANCELLING);

        assertThat(conductor.conduct(NAME)).isEmpty();
        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
        assertThat(step(step).state()).isEqualTo(StepState.CANCELLED);
        assertThat(fake.cancels).isEqualTo(3);
        assertThat(runs.cancel(NAME).status().state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void aCancelGoesToEveryStepThatIsAtWork() {
        String name = WORKSPACE + "/runs/r-2";
        create(name, FORK);
        steps.get("train").says("left", steps.get("train").working(1, "left"));
        steps.get("train").says("right", steps.get("train").working(1, "right"));
        conductUntil(name, "left", StepState.RUNNING);

        runs.cancel(name);
        conductToTheEnd(name);

        assertThat(steps.get("train").cancels).isEqualTo(2);
        assertThat(store.find(name).orElseThrow().status().state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void aCancelWaitsForAServiceThatIsAway() {
        conductUntil(NAME, "train", StepState.RUNNING);
        runs.cancel(NAME);
        steps.get("train")
                .says(
                        "train",
                        new Report.NoAnswer(AWAY, Report.NoAnswer.ENDLESS),
                        new Report.NoAnswer(AWAY, Report.NoAnswer.ENDLESS));

        assertThat(conductor.conduct(NAME)).isPresent();
        assertThat(conductor.conduct(NAME)).isPresent();
        assertThat(run().status().state()).isEqualTo(RunState.CANCELLING);

        assertThat(conductor.conduct(NAME)).isEmpty();
        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void aStepThatEndsBeforeTheCancelReachesItStillEndsInCancelled() {
        conductUntil(NAME, "train", StepState.RUNNING);
        runs.cancel(NAME);
        steps.get("train").says("train", steps.get("train").finished("r-1-train"));

        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
        assertThat(step("train").state()).isEqualTo(StepState.SUCCEEDED);
        assertThat(step("publish").state()).isEqualTo(StepState.CANCELLED);
    }

    @Test
    void aCancelThatComesWhileTheServiceIsAskedIsNotLost() {
        conductUntil(NAME, "train", StepState.RUNNING);
        steps.get("train").says("train", steps.get("train").finished("r-1-train"));
        store.beforeNextSave(() -> runs.cancel(NAME));

        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
        assertThat(steps.get("train").cancels).isEqualTo(1);
    }

    @Test
    void ofTwoConductorsOneWrites() {
        conductUntil(NAME, "train", StepState.RUNNING);
        long sequence = run().status().sequence();
        steps.get("train")
                .says(
                        "train",
                        steps.get("train").finished("r-1-train"),
                        steps.get("train").finished("r-1-train"));
        store.beforeNextSave(() -> newConductor().conduct(NAME));

        conductor.conduct(NAME);

        List<RunEvent> after = store.events(NAME, sequence, 100);
        assertThat(after)
                .filteredOn(event -> event.message().equals("r-1-train is done"))
                .hasSize(1);
        assertThat(after).extracting(RunEvent::sequence).doesNotHaveDuplicates();
        conductToTheEnd();
        assertThat(steps.get("publish").effects).hasSize(1);
    }

    @Test
    void aStepOfAKindThatThisVersionDoesNotKnowFails() {
        steps.remove("ingest");
        conductor = newConductor();

        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(step("ingest").failure().orElseThrow().message())
                .isEqualTo("ingest: a step of kind ingest (expected: one that this version knows)");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void aRunThatCannotBeConductedFails(int looks) {
        for (int i = 0; i < looks; i++) {
            conductor.conduct(NAME);
        }

        conductor.fail(NAME, "INTERNAL", "internal error; the service's log has it");

        assertThat(run().status().state()).isEqualTo(RunState.FAILED);
        assertThat(run().status().message()).isEqualTo("internal error; the service's log has it");
        assertThat(run().status().steps().values())
                .allMatch(step -> step.state().isFinal());
    }

    private void conductUntil(String run, String step, StepState state) {
        while (store.find(run).orElseThrow().status().step(step).state() != state) {
            pass(INTERVAL);
            conductor.conduct(run);
        }
    }

    private void conductToTheEnd() {
        conductToTheEnd(NAME);
    }

    private void conductToTheEnd(String name) {
        while (conductor.conduct(name).isPresent()) {
            pass(INTERVAL);
        }
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    private Run run() {
        return store.find(NAME).orElseThrow();
    }

    private StepStatus step(String name) {
        return run().status().step(name);
    }

    private List<String> messages() {
        return store.events(NAME, 0, 1000).stream()
                .map(RunEvent::message)
                .filter(message -> !message.isEmpty())
                .toList();
    }
}
