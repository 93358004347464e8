package io.maru.control.domain;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where a step of a run stands.
 *
 * @param attempt 1, and one more with each retry
 * @param changeTime when this was last told in an event
 * @param made names of the resources that it made, by role
 * @param numbers the few that say how it went, by name
 * @param text what it wrote, where it writes something
 * @param message the newest sentence about it; empty where there is none
 * @param start of this attempt
 * @param troubles calls to the step's service that failed in a row
 */
public record StepStatus(
        StepState state,
        int attempt,
        Instant changeTime,
        Progress progress,
        Map<String, String> made,
        Map<String, Double> numbers,
        String text,
        String message,
        Optional<Failure> failure,
        Optional<Instant> start,
        Optional<Instant> end,
        int troubles) {
    /** They are counted up to here; nobody's patience but an endless one is longer. */
    static final int MAX_TROUBLES = 10;

    public StepStatus {
        made = Map.copyOf(made);
        numbers = Map.copyOf(numbers);
    }

    /** Of a step that has not begun. */
    static StepStatus pending(int attempt, Instant now) {
        return new StepStatus(
                StepState.PENDING,
                attempt,
                now,
                Progress.NONE,
                Map.of(),
                Map.of(),
                "",
                "",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0);
    }

    StepStatus begun(Instant now) {
        return new StepStatus(
                StepState.RUNNING,
                attempt,
                now,
                Progress.NONE,
                Map.of(),
                Map.of(),
                "",
                "",
                Optional.empty(),
                Optional.of(now),
                Optional.empty(),
                0);
    }

    /**
     * What a report changes; nothing where it tells nothing new. While the step is CANCELLING, work that goes on is nothing
     * new.
     *
     * @param interval mere progress is told no more often than this
     */
    Optional<StepStatus> after(Report report, Duration interval, Instant now) {
        if (report instanceof Report.Working working) {
            return state == StepState.CANCELLING ? afterWaiting(now) : afterWorking(working, interval, now);
        }
        if (report instanceof Report.Finished finished) {
            return Optional.of(new StepStatus(
                    StepState.SUCCEEDED,
                    attempt,
                    now,
                    finished.progress().complete(),
                    with(finished.made()),
                    finished.numbers(),
                    finished.text(),
                    finished.message(),
                    Optional.empty(),
                    start,
                    Optional.of(now),
                    0));
        }
        if (report instanceof Report.Failed failed) {
            return Optional.of(failed(failed.failure(), now));
        }
        if (report instanceof Report.Cancelled cancelled) {
            return Optional.of(cancelled(cancelled.message(), now));
        }
        Report.NoAnswer silence = (Report.NoAnswer) report;
        if (troubles + 1 < silence.patience()) {
            return troubled(silence.failure(), now);
        }
        return Optional.of(
                state == StepState.CANCELLING
                        ? cancelled("cancelled; " + silence.failure().domain() + " did not say whether it stopped", now)
                        : failed(silence.failure(), now));
    }

    private Optional<StepStatus> afterWorking(Report.Working working, Duration interval, Instant now) {
        StepState next = working.paused() ? StepState.PAUSED : StepState.RUNNING;
        Map<String, String> known = with(working.made());
        boolean turned = next != state || !known.equals(made) || troubles > 0;
        boolean due = !progress.sameWork(working.progress()) && !now.isBefore(changeTime.plus(interval));
        if (!turned && !due) {
            return Optional.empty();
        }
        Progress shown = working.progress().estimated(Duration.between(start.orElse(now), now));
        String what = working.paused() ? working.why() : troubles > 0 ? "the service answers again" : "";
        return Optional.of(to(next, now, shown, known, what));
    }

    private Optional<StepStatus> afterWaiting(Instant now) {
        return troubles == 0
                ? Optional.empty()
                : Optional.of(to(state, now, progress, made, "the service answers again"));
    }

    /** Somebody asks the step to stop. Nothing was commanded for one that has not begun, so that one is over at once. */
    StepStatus cancelling(Instant now) {
        if (state == StepState.PENDING) {
            return cancelled("cancelled before it began", now);
        }
        return state.isActive() ? to(StepState.CANCELLING, now, progress, made, "") : this;
    }

    StepStatus failed(Failure why, Instant now) {
        return new StepStatus(
                StepState.FAILED,
                attempt,
                now,
                progress,
                made,
                numbers,
                text,
                why.message(),
                Optional.of(why),
                start,
                Optional.of(now),
                0);
    }

    StepStatus skipped(Instant now) {
        return ended(StepState.SKIPPED, "", now);
    }

    private StepStatus cancelled(String why, Instant now) {
        return ended(StepState.CANCELLED, why, now);
    }

    private StepStatus ended(StepState how, String why, Instant now) {
        return new StepStatus(
                how,
                attempt,
                now,
                progress,
                made,
                numbers,
                text,
                why,
                failure,
                start,
                start.isPresent() ? Optional.of(now) : Optional.empty(),
                0);
    }

    /** A call failed. Only the first in a row is worth an event, and a long outage writes nothing more. */
    private Optional<StepStatus> troubled(Failure why, Instant now) {
        if (troubles == MAX_TROUBLES) {
            return Optional.empty();
        }
        boolean first = troubles == 0;
        return Optional.of(new StepStatus(
                state,
                attempt,
                first ? now : changeTime,
                progress,
                made,
                numbers,
                text,
                first ? "waiting for %s: %s, %s".formatted(why.domain(), why.reason(), why.message()) : message,
                failure,
                start,
                end,
                troubles + 1));
    }

    private StepStatus to(StepState next, Instant now, Progress shown, Map<String, String> known, String what) {
        return new StepStatus(next, attempt, now, shown, known, numbers, text, what, failure, start, end, 0);
    }

    private Map<String, String> with(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(made);
        all.putAll(more);
        return all;
    }
}
