package io.maru.control.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/*
 * A run is a state machine, and this file is all of it.
 *
 *     PENDING --> RUNNING --> ... a stage, its end, the next stage ... --> SUCCEEDED
 *                  |   ^
 *                  v   |                 any of these, when a stage fails --> FAILED
 *                 PAUSED
 *     PENDING ----------------------------------------------------------> CANCELLED
 *     RUNNING, PAUSED --> CANCELLING --> (the stage's service stopped) --> CANCELLED
 *
 * Each method takes what is known and gives the next status, or nothing where nothing changed. The next status has the
 * next sequence number, and is also the run's next event. It is saved only over the status that it was made from, so two
 * conductors of one run cannot both move it.
 */
/**
 * Where a run stands, as of its newest event.
 *
 * @param sequence of the newest event
 * @param time of the newest event
 * @param message of the newest event
 * @param troubles calls to the stage's service that failed in a row
 */
public record RunStatus(
        long sequence,
        Instant time,
        RunState state,
        Stage stage,
        Progress progress,
        String message,
        Map<Result, String> results,
        Map<Stage, StageTime> stages,
        Optional<Failure> failure,
        Optional<Instant> endTime,
        int troubles) {
    /** They are counted up to here; nobody's patience but an endless one is longer. */
    static final int MOST_TROUBLES = 10;

    public RunStatus {
        results = Map.copyOf(results);
        stages = Map.copyOf(stages);
    }

    /** Of a run that was just submitted. */
    public static RunStatus submitted(Instant now) {
        return new RunStatus(
                1,
                now,
                RunState.PENDING,
                Stage.INGEST,
                Progress.NONE,
                "",
                Map.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                0);
    }

    /** True between the end of a stage and the start of the next. */
    public boolean isStageEnded() {
        return stages.containsKey(stage) && stages.get(stage).end().isPresent();
    }

    /** Begins the first stage. */
    public RunStatus begin(Instant now) {
        return enter(stage, now);
    }

    /** Begins the next stage, or ends the run after the last. */
    public RunStatus moveOn(Instant now) {
        return stage.next()
                .map(next -> enter(next, now))
                .orElseGet(() -> to(RunState.SUCCEEDED, progress, results, stages, "", now));
    }

    private RunStatus enter(Stage next, Instant now) {
        Map<Stage, StageTime> begun = new EnumMap<>(Stage.class);
        begun.putAll(stages);
        begun.put(next, new StageTime(now, Optional.empty()));
        return new RunStatus(
                sequence + 1,
                now,
                RunState.RUNNING,
                next,
                Progress.NONE,
                "",
                results,
                begun,
                failure,
                Optional.empty(),
                0);
    }

    /**
     * What the stage's report changes while the run is RUNNING or PAUSED.
     *
     * @param interval mere progress is told no more often than this
     */
    public Optional<RunStatus> after(Report report, Duration interval, Instant now) {
        if (report instanceof Report.Working working) {
            return afterWorking(working, interval, now);
        }
        if (report instanceof Report.Finished finished) {
            return Optional.of(to(
                    RunState.RUNNING,
                    finished.progress().complete(),
                    with(finished.made()),
                    ended(now),
                    finished.message(),
                    now));
        }
        if (report instanceof Report.Failed failed) {
            return Optional.of(failed(failed.failure(), now));
        }
        if (report instanceof Report.Cancelled cancelled) {
            return Optional.of(cancelled(cancelled.message(), now));
        }
        Report.NoAnswer silence = (Report.NoAnswer) report;
        return troubles + 1 >= silence.patience()
                ? Optional.of(failed(silence.failure(), now))
                : troubled(silence.failure(), now);
    }

    private Optional<RunStatus> afterWorking(Report.Working working, Duration interval, Instant now) {
        RunState next = working.paused() ? RunState.PAUSED : RunState.RUNNING;
        Map<Result, String> made = with(working.made());
        boolean turned = next != state || !made.equals(results) || troubles > 0;
        boolean due = !progress.sameWork(working.progress()) && !now.isBefore(time.plus(interval));
        if (!turned && !due) {
            return Optional.empty();
        }
        Progress shown =
                working.progress().estimated(Duration.between(stages.get(stage).start(), now));
        String what = working.paused() ? working.why() : troubles > 0 ? "the service answers again" : "";
        return Optional.of(to(next, shown, made, stages, what, now));
    }

    /** What the report on a Cancel changes while the run is CANCELLING: whatever is final ends it. */
    public Optional<RunStatus> afterCancel(Report report, Instant now) {
        if (report instanceof Report.Working) {
            return troubles == 0
                    ? Optional.empty()
                    : Optional.of(to(RunState.CANCELLING, progress, results, stages, "the service answers again", now));
        }
        if (report instanceof Report.NoAnswer silence && troubles + 1 < silence.patience()) {
            return troubled(silence.failure(), now);
        }
        if (report instanceof Report.Cancelled cancelled) {
            return Optional.of(cancelled(cancelled.message(), now));
        }
        return Optional.of(cancelled("cancelled after its stage had ended", now));
    }

    /** Somebody asks the run to stop. Nothing was commanded for a run that is PENDING, so that one is over at once. */
    public RunStatus cancel(Instant now) {
        return state == RunState.PENDING
                ? cancelled("cancelled before it began", now)
                : to(RunState.CANCELLING, progress, results, stages, "", now);
    }

    public RunStatus failed(Failure why, Instant now) {
        return new RunStatus(
                sequence + 1,
                now,
                RunState.FAILED,
                stage,
                progress,
                why.message(),
                results,
                ended(now),
                Optional.of(why),
                Optional.of(now),
                0);
    }

    private RunStatus cancelled(String why, Instant now) {
        return to(RunState.CANCELLED, progress, results, ended(now), why, now);
    }

    /** A call failed. Only the first in a row is worth an event, and a long outage writes nothing more. */
    private Optional<RunStatus> troubled(Failure why, Instant now) {
        if (troubles == MOST_TROUBLES) {
            return Optional.empty();
        }
        boolean first = troubles == 0;
        return Optional.of(new RunStatus(
                first ? sequence + 1 : sequence,
                first ? now : time,
                state,
                stage,
                progress,
                first ? "waiting for %s: %s, %s".formatted(why.domain(), why.reason(), why.message()) : message,
                results,
                stages,
                failure,
                endTime,
                troubles + 1));
    }

    private RunStatus to(
            RunState next,
            Progress shown,
            Map<Result, String> made,
            Map<Stage, StageTime> times,
            String what,
            Instant now) {
        return new RunStatus(
                sequence + 1,
                now,
                next,
                stage,
                shown,
                what,
                made,
                times,
                failure,
                next.isFinal() ? Optional.of(now) : Optional.empty(),
                0);
    }

    private Map<Result, String> with(Map<Result, String> made) {
        Map<Result, String> all = new EnumMap<>(Result.class);
        all.putAll(results);
        all.putAll(made);
        return all;
    }

    private Map<Stage, StageTime> ended(Instant now) {
        Map<Stage, StageTime> times = new EnumMap<>(Stage.class);
        times.putAll(stages);
        times.computeIfPresent(
                stage,
                (ignored, time) -> time.end().isPresent() ? time : new StageTime(time.start(), Optional.of(now)));
        return times;
    }
}
