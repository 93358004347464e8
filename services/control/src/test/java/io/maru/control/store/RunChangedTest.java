package io.maru.control.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.maru.control.domain.Failure;
import io.maru.control.domain.InputValue;
import io.maru.control.domain.Plan;
import io.maru.control.domain.PlannedStep;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.RunStatus;
import io.maru.platform.event.Fact;
import io.maru.proto.GoldenEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RunChangedTest {
    private static final Plan PLAN = new Plan(List.of(
            new PlannedStep(
                    "evaluate",
                    "evaluate",
                    JsonNodeFactory.instance.objectNode().put("maxTokens", 3),
                    Map.of("model", new InputValue.Named("workspaces/default/models/a/versions/1"))),
            new PlannedStep(
                    "after",
                    "after",
                    JsonNodeFactory.instance.objectNode(),
                    Map.of("evaluation", new InputValue.Made("evaluate", "evaluation")))));

    private static RunStatus failed() {
        RunStatus status = RunStatus.submitted(PLAN, Instant.EPOCH).begin("evaluate", Instant.EPOCH);
        Report made = new Report.Working(
                new Progress(1, 2, "tokens", Map.of("loss", 1.5), OptionalDouble.of(3)),
                Map.of("evaluation", "workspaces/default/evaluations/r-7f3a9c-evaluate"));
        Report failed = new Report.Failed(
                new Failure(
                        "maru.evaluation",
                        "OBJECT_MISSING",
                        "workspaces/default/datasets/r-7f3a9c-encode/manifest.json: no such object (expected: a sealed dataset)"));
        return status.after("evaluate", made, Duration.ZERO, Instant.EPOCH)
                .orElseThrow()
                .after("evaluate", failed, Duration.ZERO, Instant.EPOCH)
                .orElseThrow();
    }

    @Test
    void isToldAsTheGoldenEventSays() {
        GoldenEvent golden = GoldenEvent.read("maru.run.changed.v1");

        Fact fact = PostgresRuns.changed("workspaces/default/runs/r-7f3a9c", failed());

        assertThat(fact.type()).isEqualTo(golden.type());
        assertThat(fact.subject()).isEqualTo(golden.key());
        assertThat(fact.run()).isEqualTo("workspaces/default/runs/r-7f3a9c");
        assertThat(fact.data()).isEqualTo(golden.bytes());
    }

    @Test
    void whatIsWrittenOfStepsIsReadAgain() {
        RunStatus status = failed();

        assertThat(RunJson.plan(RunJson.plan(PLAN))).isEqualTo(PLAN);
        assertThat(RunJson.steps(RunJson.steps(status.steps()))).isEqualTo(status.steps());
    }
}
