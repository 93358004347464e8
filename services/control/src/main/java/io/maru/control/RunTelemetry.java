package io.maru.control;

import io.maru.control.app.RunObserver;
import io.maru.control.domain.Run;
import io.maru.control.domain.RunState;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.Stage;
import io.maru.control.store.PostgresRuns;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.Locale;
import org.jboss.logging.Logger;

/** What an operator sees of runs: a line for each new state or stage, runs by state, and how long each stage took. */
final class RunTelemetry implements RunObserver {
    private static final Logger log = Logger.getLogger(RunTelemetry.class);

    private final MeterRegistry registry;

    RunTelemetry(MeterRegistry registry, PostgresRuns runs) {
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
        if (after.state() != before.status().state()
                || after.stage() != before.status().stage()) {
            log.infof("%s: %s %s %s", before.name(), after.state(), after.stage(), after.message());
        }
        after.stages().forEach((stage, time) -> time.end()
                .filter(end -> isNew(before, after, stage))
                .ifPresent(end -> registry.timer(
                                "maru_control_stage", "stage", stage.name().toLowerCase(Locale.ROOT))
                        .record(Duration.between(time.start(), end))));
    }

    private static boolean isNew(Run before, RunStatus after, Stage stage) {
        return !after.stages().get(stage).equals(before.status().stages().get(stage));
    }
}
