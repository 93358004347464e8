package io.maru.control.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.control.domain.Failure;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunEvent;
import io.maru.control.domain.RunState;
import io.maru.control.domain.Stage;
import io.maru.control.domain.StageTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunConductorTest {
    private static final String NAME = "runs/r-1";
    private static final Duration INTERVAL = Duration.ofMillis(500);
    private static final Failure AWAY = new Failure("maru.training", "UNAVAILABLE", "connection refused");
    private static final String RECIPE =
            "name: a\nmodel: {layers: 1, heads: 1, width: 1, block: 1}\ntraining: {steps: 1}\n";

    private final InMemoryRunStore store = new InMemoryRunStore();
    private final Map<Stage, FakeStage> stages = new EnumMap<>(Stage.class);
    private final List<RunState> observed = new ArrayList<>();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private RunConductor conductor;
    private Runs runs;

    @BeforeEach
    void submit() {
        for (Stage stage : Stage.values()) {
            stages.put(stage, new FakeStage(stage));
        }
        conductor = newConductor();
        runs = new Runs(
                store,
                source -> OptionalLong.of(1000),
                name -> 300,
                (recipe, vocabulary) -> {},
                (before, after) -> {},
                run -> {},
                10,
                () -> now);
        store.create(NAME, "request", RECIPE, List.of("uploads/a"), now);
    }

    private RunConductor newConductor() {
        return new RunConductor(
                store, Map.copyOf(stages), (before, after) -> observed.add(after.state()), INTERVAL, () -> now);
    }

    @Test
    void passesEveryStageInOrder() {
        conductToTheEnd();

        assertThat(run().status().state()).isEqualTo(RunState.SUCCEEDED);
        assertThat(messages())
                .containsExactly(
                        "INGEST is done",
                        "TRAIN_TOKENIZER is done",
                        "ENCODE is done",
                        "TRAIN is done",
                        "PUBLISH is done",
                        "EVALUATE is done",
                        "SERVE is done");
        assertThat(run().status().results()).hasSize(Stage.values().length);
        assertThat(run().status().stages().values())
                .hasSize(Stage.values().length)
                .allMatch(time -> time.end().isPresent());
        assertThat(observed).endsWith(RunState.SUCCEEDED);
    }

    @Test
    void savesTheStageBeforeItGivesTheCommand() {
        store.dieAtSave(0, false);

        assertThatThrownBy(() -> conductor.conduct(NAME)).isInstanceOf(InMemoryRunStore.Killed.class);

        assertThat(stages.get(Stage.INGEST).effects).isEmpty();
        assertThat(run().status().state()).isEqualTo(RunState.PENDING);
    }

    /** Whichever of its saves kills the process, before or after it is written, the next one goes on. */
    @Test
    void isKilledAtAnyPointAndLosesNothing() {
        conductToTheEnd();
        int saves = (int) run().status().sequence() - 1;
        Map<Result, String> undisturbed = run().status().results();

        for (boolean after : new boolean[] {false, true}) {
            for (int save = 0; save < saves; save++) {
                String name = "runs/killed-" + after + "-" + save;
                store.create(name, name, RECIPE, List.of("uploads/a"), now);
                store.dieAtSave(save, after);
                assertThatThrownBy(() -> conductToTheEnd(name)).isInstanceOf(InMemoryRunStore.Killed.class);

                conductor = newConductor();
                conductToTheEnd(name);

                Run ended = store.find(name).orElseThrow();
                assertThat(ended.status().state()).isEqualTo(RunState.SUCCEEDED);
                assertThat(ended.status().results()).isEqualTo(undisturbed);
                assertThat(ended.status().sequence()).isEqualTo(saves + 1L);
                stages.forEach((stage, fake) -> assertThat(fake.effects)
                        .filteredOn(id -> id.startsWith(name + "/"))
                        .hasSize(1));
            }
        }
    }

    @Test
    void comesBackAfterTheIntervalWhileTheServiceWorks() {
        assertThat(conductor.conduct(NAME)).contains(INTERVAL);
        assertThat(run().status().stage()).isEqualTo(Stage.INGEST);
        assertThat(run().result(Result.CORPUS)).contains("made by INGEST");
    }

    @Test
    void tellsProgressOnlyWhenItIsAnotherAndNotTooOften() {
        FakeStage ingest = stages.get(Stage.INGEST);
        ingest.says(ingest.working(0), ingest.working(0), ingest.working(10), ingest.working(20), ingest.working(20));
        conductor.conduct(NAME);
        long sequence = run().status().sequence();

        pass(INTERVAL);
        conductor.conduct(NAME);
        assertThat(run().status().sequence()).as("nothing changed").isEqualTo(sequence);

        conductor.conduct(NAME);
        assertThat(run().status().progress().done()).isEqualTo(10);
        assertThat(run().status().sequence()).isEqualTo(sequence + 1);

        pass(INTERVAL.dividedBy(2));
        conductor.conduct(NAME);
        assertThat(run().status().sequence()).as("too soon").isEqualTo(sequence + 1);

        pass(INTERVAL.dividedBy(2));
        conductor.conduct(NAME);
        assertThat(run().status().progress().done()).isEqualTo(20);
        assertThat(run().status().sequence()).isEqualTo(sequence + 2);
    }

    @Test
    void estimatesTheTimeLeftFromTheTimeTaken() {
        FakeStage ingest = stages.get(Stage.INGEST);
        ingest.says(ingest.working(0), ingest.working(20));
        conductor.conduct(NAME);
        assertThat(run().status().progress().secondsLeft()).isEmpty();

        pass(Duration.ofSeconds(5));
        conductor.conduct(NAME);

        // 20 of 100 in 5 seconds: 80 more in 20.
        assertThat(run().status().progress().secondsLeft()).isEqualTo(OptionalDouble.of(20));
    }

    @Test
    void aFailedStageFailsTheRun() {
        Failure failure = new Failure("maru.ingestion", "NOT_UTF8", "line 3, byte 17");
        stages.get(Stage.INGEST).says(new Report.Failed(failure));

        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.FAILED);
        assertThat(run().status().failure()).contains(failure);
        assertThat(run().status().endTime()).contains(now);
        assertThat(run().status().stages().get(Stage.INGEST).end()).contains(now);
        assertThat(stages.get(Stage.TRAIN_TOKENIZER).questions).isZero();
    }

    @Test
    void aStageThatSomebodyElseCancelledCancelsTheRun() {
        stages.get(Stage.INGEST).says(new Report.Cancelled("corpora/r-1 was cancelled"));

        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
        assertThat(messages()).containsExactly("corpora/r-1 was cancelled");
    }

    @Test
    void waitsWithoutEndForAServiceThatIsAwayAndSaysSoOnce() {
        FakeStage ingest = stages.get(Stage.INGEST);
        for (int i = 0; i < 100; i++) {
            ingest.says(new Report.NoAnswer(AWAY, Report.NoAnswer.ENDLESS));
        }

        Duration pause = Duration.ZERO;
        for (int i = 0; i < 100; i++) {
            Duration next = conductor.conduct(NAME).orElseThrow();
            assertThat(next).isBetween(pause, Duration.ofSeconds(5));
            pause = next;
        }
        assertThat(messages()).containsExactly("waiting for maru.training: UNAVAILABLE, connection refused");
        assertThat(pause).isEqualTo(Duration.ofSeconds(5));

        assertThat(conductor.conduct(NAME)).contains(INTERVAL);
        assertThat(messages()).last().isEqualTo("the service answers again");
        conductToTheEnd();
        assertThat(run().status().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void givesUpOnAFaultThatStays() {
        Report fault = new Report.NoAnswer(new Failure("maru.ingestion", "INTERNAL", "internal error"), 3);
        stages.get(Stage.INGEST).says(fault, fault, fault);

        assertThat(conductor.conduct(NAME)).isPresent();
        assertThat(conductor.conduct(NAME)).isPresent();
        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.FAILED);
        assertThat(run().status().failure().orElseThrow().reason()).isEqualTo("INTERNAL");
    }

    @Test
    void aFaultThatPassesIsForgotten() {
        FakeStage ingest = stages.get(Stage.INGEST);
        Report fault = new Report.NoAnswer(new Failure("maru.ingestion", "INTERNAL", "internal error"), 2);
        ingest.says(fault, ingest.working(1), fault, ingest.working(2), fault);

        conductToTheEnd();

        assertThat(run().status().state()).isEqualTo(RunState.SUCCEEDED);
    }

    @Test
    void isPausedWhileItsTrainingIsPaused() {
        FakeStage train = stages.get(Stage.TRAIN);
        train.says(train.working(0), train.working(10), train.paused(10), train.paused(10), train.working(10));
        while (run().status().state() != RunState.PAUSED) {
            pass(INTERVAL);
            conductor.conduct(NAME);
        }
        long sequence = run().status().sequence();
        assertThat(run().status().message()).isEqualTo("because");

        conductor.conduct(NAME);
        assertThat(run().status().sequence()).isEqualTo(sequence);

        conductor.conduct(NAME);
        assertThat(run().status().state()).isEqualTo(RunState.RUNNING);
        assertThat(run().status().message()).isEmpty();
    }

    @Test
    void aRunThatNeverBeganIsCancelledAtOnce() {
        assertThat(runs.cancel(NAME).status().state()).isEqualTo(RunState.CANCELLED);
        assertThat(conductor.conduct(NAME)).isEmpty();
        assertThat(stages.get(Stage.INGEST).questions).isZero();
        assertThat(stages.get(Stage.INGEST).cancels).isZero();
    }

    @ParameterizedTest
    @EnumSource(Stage.class)
    void aCancelWaitsForTheStageToStop(Stage stage) {
        FakeStage fake = stages.get(stage);
        conductTo(stage);

        assertThat(runs.cancel(NAME).status().state()).isEqualTo(RunState.CANCELLING);
        assertThat(runs.cancel(NAME).status().state()).isEqualTo(RunState.CANCELLING);
        fake.says(fake.working(1), fake.working(2));
        assertThat(conductor.conduct(NAME)).contains(INTERVAL);
        assertThat(conductor.conduct(NAME)).contains(INTERVAL);
        assertThat(run().status().state()).isEqualTo(RunState.CANCELLING);

        assertThat(conductor.conduct(NAME)).isEmpty();
        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
        assertThat(run().status().stage()).isEqualTo(stage);
        assertThat(fake.cancels).isEqualTo(3);
        assertThat(runs.cancel(NAME).status().state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void aCancelWaitsForAServiceThatIsAway() {
        conductTo(Stage.TRAIN);
        runs.cancel(NAME);
        stages.get(Stage.TRAIN)
                .says(
                        new Report.NoAnswer(AWAY, Report.NoAnswer.ENDLESS),
                        new Report.NoAnswer(AWAY, Report.NoAnswer.ENDLESS));

        assertThat(conductor.conduct(NAME)).isPresent();
        assertThat(conductor.conduct(NAME)).isPresent();
        assertThat(run().status().state()).isEqualTo(RunState.CANCELLING);

        assertThat(conductor.conduct(NAME)).isEmpty();
        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void aStageThatEndsBeforeTheCancelReachesItStillEndsInCancelled() {
        conductTo(Stage.TRAIN);
        runs.cancel(NAME);
        stages.get(Stage.TRAIN).says(stages.get(Stage.TRAIN).finished());

        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
    }

    @Test
    void aCancelThatComesWhileTheServiceIsAskedIsNotLost() {
        conductTo(Stage.TRAIN);
        stages.get(Stage.TRAIN).says(stages.get(Stage.TRAIN).finished());
        store.beforeNextSave(() -> runs.cancel(NAME));

        assertThat(conductor.conduct(NAME)).isEmpty();

        assertThat(run().status().state()).isEqualTo(RunState.CANCELLED);
        assertThat(stages.get(Stage.TRAIN).cancels).isEqualTo(1);
    }

    @Test
    void ofTwoConductorsOneWrites() {
        conductTo(Stage.TRAIN);
        long sequence = run().status().sequence();
        stages.get(Stage.TRAIN)
                .says(
                        stages.get(Stage.TRAIN).finished(),
                        stages.get(Stage.TRAIN).finished());
        store.beforeNextSave(() -> newConductor().conduct(NAME));

        conductor.conduct(NAME);

        List<RunEvent> after = store.events(NAME, sequence, 100);
        assertThat(after)
                .filteredOn(event -> event.message().equals("TRAIN is done"))
                .hasSize(1);
        assertThat(after).extracting(RunEvent::sequence).doesNotHaveDuplicates();
        conductToTheEnd();
        assertThat(stages.get(Stage.PUBLISH).effects).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void aRunThatCannotBeConductedFails(int looks) {
        for (int i = 0; i < looks; i++) {
            conductor.conduct(NAME);
        }

        conductor.fail(NAME, "INTERNAL", "internal error; the service's log has it");

        assertThat(run().status().state()).isEqualTo(RunState.FAILED);
        assertThat(run().status().failure())
                .contains(new Failure("maru.control", "INTERNAL", "internal error; the service's log has it"));
        assertThat(run().status().stages().values()).map(StageTime::end).allMatch(end -> end.isPresent());
    }

    private void conductTo(Stage stage) {
        while (run().status().stage() != stage || run().status().state() == RunState.PENDING) {
            pass(INTERVAL);
            conductor.conduct(NAME);
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

    private List<String> messages() {
        return store.events(NAME, 0, 1000).stream()
                .map(RunEvent::message)
                .filter(message -> !message.isEmpty())
                .toList();
    }
}
