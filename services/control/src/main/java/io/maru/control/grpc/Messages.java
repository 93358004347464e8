package io.maru.control.grpc;

import com.google.protobuf.Timestamp;
import io.maru.control.app.Runs;
import io.maru.control.domain.Result;
import io.maru.control.domain.RunState;
import io.maru.control.domain.RunStatus;
import io.maru.control.domain.StageTime;
import io.maru.control.v1.CheckRecipeResponse;
import io.maru.control.v1.Run;
import io.maru.control.v1.RunEvent;
import io.maru.control.v1.Stage;
import java.time.Instant;
import java.util.TreeMap;

/** Domain to protobuf. */
final class Messages {
    private Messages() {}

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
                .setStage(Stage.valueOf(status.stage().name()))
                .setCreateTime(time(run.createTime()))
                .setSequence(status.sequence());
        status.endTime().ifPresent(end -> message.setEndTime(time(end)));
        status.failure().ifPresent(failure -> message.setFailureDomain(failure.domain())
                .setFailureReason(failure.reason())
                .setFailureMessage(failure.message()));
        if (status.state() == RunState.PAUSED) {
            message.setPauseReason(status.message());
        }
        new TreeMap<>(status.stages()).forEach((stage, time) -> message.addStages(stageTime(stage, time)));
        status.results().forEach((result, value) -> set(message, result, value));
        return message.build();
    }

    private static void set(Run.Builder message, Result result, String value) {
        switch (result) {
            case CORPUS -> message.setCorpus(value);
            case TOKENIZER -> message.setTokenizer(value);
            case DATASET -> message.setDataset(value);
            case DATASET_SHA256 -> message.setDatasetSha256(value);
            case TRAINING_JOB -> message.setTrainingJob(value);
            case CHECKPOINT -> message.setCheckpoint(value);
            case VALIDATION_LOSS -> message.setValidationLoss(Double.parseDouble(value));
            case MODEL_VERSION -> message.setModelVersion(value);
            case EVALUATION -> message.setEvaluation(value);
            case PERPLEXITY -> message.setPerplexity(Double.parseDouble(value));
            case BITS_PER_BYTE -> message.setBitsPerByte(Double.parseDouble(value));
            case SAMPLE -> message.setSample(value);
        }
    }

    private static io.maru.control.v1.StageTime stageTime(io.maru.control.domain.Stage stage, StageTime time) {
        io.maru.control.v1.StageTime.Builder message = io.maru.control.v1.StageTime.newBuilder()
                .setStage(Stage.valueOf(stage.name()))
                .setStartTime(time(time.start()));
        time.end().ifPresent(end -> message.setEndTime(time(end)));
        return message.build();
    }

    static RunEvent event(io.maru.control.domain.RunEvent event) {
        RunEvent.Builder message = RunEvent.newBuilder()
                .setSequence(event.sequence())
                .setTime(time(event.time()))
                .setState(Run.State.valueOf(event.state().name()))
                .setStage(Stage.valueOf(event.stage().name()))
                .setDone(event.progress().done())
                .setTotal(event.progress().total())
                .setUnit(event.progress().unit())
                .setMessage(event.message());
        event.progress().loss().ifPresent(message::setLoss);
        event.progress().validationLoss().ifPresent(message::setValidationLoss);
        event.progress().tokensPerSecond().ifPresent(message::setTokensPerSecond);
        event.progress().secondsLeft().ifPresent(message::setSecondsLeft);
        return message.build();
    }

    static CheckRecipeResponse check(Runs.CheckedRecipe checked) {
        return CheckRecipeResponse.newBuilder()
                .setParameters(checked.parameters())
                .setSteps(checked.recipe().training().steps())
                .build();
    }

    private static Timestamp time(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }
}
