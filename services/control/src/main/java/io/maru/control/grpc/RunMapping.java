package io.maru.control.grpc;

import io.maru.control.app.CheckedRecipe;
import io.maru.control.domain.PlannedStep;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.StepStatus;
import io.maru.control.v1.CheckRecipeResponse;
import io.maru.control.v1.Failure;
import io.maru.control.v1.Lineage;
import io.maru.control.v1.Progress;
import io.maru.control.v1.Run;
import io.maru.control.v1.RunEvent;
import io.maru.control.v1.Step;
import io.maru.platform.grpc.Timestamps;
import java.util.Map;

/** Domain to protobuf. */
final class RunMapping {
    private RunMapping() {}

    static Lineage lineage(io.maru.control.domain.Lineage lineage) {
        Lineage.Builder message = Lineage.newBuilder();
        lineage.nodes().forEach(node -> message.addNodesBuilder()
                .setName(node.name())
                .setKind(node.kind())
                .putAllFacts(node.facts()));
        lineage.edges().forEach(edge -> message.addEdgesBuilder()
                .setMade(edge.made())
                .setOf(edge.of())
                .setHow(edge.how()));
        return message.build();
    }

    static Run run(io.maru.control.domain.Run run) {
        return listed(run).toBuilder()
                .setRecipe(run.recipe())
                .addAllSources(run.sources())
                .build();
    }

    /** Without what can be large. */
    static Run listed(io.maru.control.domain.Run run) {
        RunStatus status = run.status();
        Run.Builder message = Run.newBuilder()
                .setName(run.name())
                .setState(Run.State.valueOf(status.state().name()))
                .setPriority(run.priority())
                .setCreateTime(Timestamps.toProto(run.createTime()))
                .setSequence(status.sequence());
        status.endTime().ifPresent(end -> message.setEndTime(Timestamps.toProto(end)));
        run.plan().steps().forEach(step -> message.addSteps(step(run, step)));
        return message.build();
    }

    private static Step step(io.maru.control.domain.Run run, PlannedStep planned) {
        StepStatus status = run.status().step(planned.name());
        Step.Builder message = Step.newBuilder()
                .setName(planned.name())
                .setKind(planned.kind())
                .setState(Step.State.valueOf(status.state().name()))
                .setAttempt(status.attempt())
                .putAllInputs(run.inputs(planned))
                .putAllMade(status.made())
                .putAllNumbers(status.numbers())
                .setText(status.text())
                .setProgress(progress(status.progress()))
                .setMessage(status.message());
        status.failure()
                .ifPresent(failure -> message.setFailure(Failure.newBuilder()
                        .setDomain(failure.domain())
                        .setReason(failure.reason())
                        .setMessage(failure.message())));
        status.start().ifPresent(start -> message.setStartTime(Timestamps.toProto(start)));
        status.end().ifPresent(end -> message.setEndTime(Timestamps.toProto(end)));
        return message.build();
    }

    private static Progress progress(io.maru.control.domain.Progress progress) {
        Progress.Builder message = Progress.newBuilder()
                .setDone(progress.done())
                .setTotal(progress.total())
                .setUnit(progress.unit())
                .putAllNumbers(progress.numbers());
        progress.secondsLeft().ifPresent(message::setSecondsLeft);
        return message.build();
    }

    static RunEvent event(io.maru.control.domain.RunEvent event) {
        RunEvent.Builder message = RunEvent.newBuilder()
                .setSequence(event.sequence())
                .setTime(Timestamps.toProto(event.time()))
                .setState(Run.State.valueOf(event.state().name()))
                .setMessage(event.message());
        event.step().ifPresent(step -> message.setStep(step.name())
                .setStepState(Step.State.valueOf(step.state().name()))
                .setAttempt(step.attempt())
                .setProgress(progress(step.progress())));
        return message.build();
    }

    static CheckRecipeResponse check(CheckedRecipe checked) {
        CheckRecipeResponse.Builder response = CheckRecipeResponse.newBuilder().setReadsSources(checked.readsSources());
        for (PlannedStep step : checked.planned().plan().steps()) {
            response.addSteps(CheckRecipeResponse.Expectation.newBuilder()
                    .setStep(step.name())
                    .setKind(step.kind())
                    .putAllNumbers(checked.planned().expected().getOrDefault(step.name(), Map.of())));
        }
        return response.build();
    }
}
