package io.maru.control;

import io.maru.control.app.RunObserver;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunState;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.StepState;
import io.maru.control.domain.StepStatus;
import io.maru.control.store.PostgresRuns;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;
import org.jboss.logging.Logger;

/** What an operator sees of runs: a line for each new state, runs by state, and how long each kind of step took. */
final class ControlMeters implements RunObserver {
    private static final Logger log = Logger.getLogger(ControlMeters.class);

    private final MeterRegistry registry;

    ControlMeters(MeterRegistry registry, PostgresRuns runs) {
        this.registry = registry;
        for (RunState state : RunState.values()) {
            Gauge.builder("maru_control_runs", () -> runs.count(state))
                    .description("Runs by state")
                    .tag("state", state.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
    }

    @Override
    public void changed(Run before, RunStatus after) {
        if (after.differsInStates(before.status())) {
            String step = after.about().isEmpty()
                    ? ""
                    : " " + after.about() + " " + after.step(after.about()).state();
            log.infof("%s: %s%s %s", before.name(), after.state(), step, after.message());
        }
        after.steps().forEach((name, step) -> {
            if (step.state().isFinal()
                    && step.state() != before.status().step(name).state()) {
                record(before.plan().step(name).kind(), step);
            }
        });
    }

    /** A step that never began took no time. */
    private void record(String kind, StepStatus step) {
        if (step.start().isPresent() && step.end().isPresent()) {
            registry.timer("maru_control_step", "kind", kind, "state", word(step.state()))
                    .record(Duration.between(step.start().get(), step.end().get()));
        }
    }

    private static String word(StepState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
