package io.maru.training.store;

import io.maru.platform.event.Fact;
import io.maru.training.domain.Divergence;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.TrainingJob;
import io.maru.training.v1.TrainingCancelled;
import io.maru.training.v1.TrainingCompleted;
import io.maru.training.v1.TrainingDiverged;
import io.maru.training.v1.TrainingFailed;
import io.maru.training.v1.TrainingPaused;
import io.maru.training.v1.TrainingProgressed;
import java.util.Optional;

/** Makes the facts that are told of a job on Kafka. */
final class TrainingFacts {
    private TrainingFacts() {}

    static Fact progressed(TrainingJob job, Measurement measurement) {
        TrainingProgressed.Builder fact = TrainingProgressed.newBuilder()
                .setTrainingJob(job.name())
                .setRun(job.request().run())
                .setStep(measurement.step())
                .setSteps(job.request().spec().steps())
                .setLoss(measurement.loss())
                .setLearningRate(measurement.learningRate())
                .setGradientNorm(measurement.gradientNorm())
                .setTokensPerSecond(measurement.tokensPerSecond())
                .setFlopsPerSecond(measurement.cost().flopsPerSecond())
                .setMfu(measurement.cost().mfu())
                .setStepSeconds(measurement.cost().stepSeconds())
                .setDataWaitSeconds(measurement.cost().dataWaitSeconds())
                .setMemoryBytes(measurement.cost().memoryBytes());
        measurement.validationLoss().ifPresent(fact::setValidationLoss);
        return Fact.of("maru.training.progressed.v1", job.name(), job.request().run(), fact.build());
    }

    static Fact diverged(TrainingJob job, Divergence divergence) {
        TrainingDiverged.Builder fact = TrainingDiverged.newBuilder()
                .setTrainingJob(job.name())
                .setRun(job.request().run())
                .setStep(divergence.step())
                .setBatch(divergence.batch())
                .setLoss(divergence.loss())
                .setGradientNorm(divergence.gradientNorm())
                .setLimit(divergence.limit())
                .setAction(
                        switch (divergence.action()) {
                            case PAUSED -> TrainingDiverged.Action.PAUSED;
                            case SKIPPED -> TrainingDiverged.Action.SKIPPED;
                            case ROLLED_BACK -> TrainingDiverged.Action.ROLLED_BACK;
                            case FAILED -> TrainingDiverged.Action.FAILED;
                        })
                .setMessage(divergence.message());
        divergence
                .documents()
                .forEach(passage -> fact.addDocuments(TrainingDiverged.Passage.newBuilder()
                        .setShard(passage.shard())
                        .setFirstDocument(passage.first())
                        .setLastDocument(passage.last())));
        return Fact.of("maru.training.diverged.v1", job.name(), job.request().run(), fact.build());
    }

    /** Makes the fact that a state is worth; none for those that are only passed through. */
    static Optional<Fact> reached(TrainingJob job) {
        String name = job.name();
        String run = job.request().run();
        long step = job.progress().step();
        String checkpoint = job.progress().lastCheckpoint();
        return switch (job.state()) {
            case SUCCEEDED ->
                Optional.of(Fact.of(
                        "maru.training.completed.v1",
                        name,
                        run,
                        TrainingCompleted.newBuilder()
                                .setTrainingJob(name)
                                .setRun(run)
                                .setSteps(step)
                                .setValidationLoss(job.progress().validationLoss())
                                .setCheckpoint(checkpoint)
                                .setBestCheckpoint(job.details().bestCheckpoint())
                                .build()));
            case FAILED ->
                Optional.of(Fact.of(
                        "maru.training.failed.v1",
                        name,
                        run,
                        TrainingFailed.newBuilder()
                                .setTrainingJob(name)
                                .setRun(run)
                                .setStep(step)
                                .setReason(job.failureReason())
                                .setMessage(job.failureMessage())
                                .build()));
            case CANCELLED ->
                Optional.of(Fact.of(
                        "maru.training.cancelled.v1",
                        name,
                        run,
                        TrainingCancelled.newBuilder()
                                .setTrainingJob(name)
                                .setRun(run)
                                .setStep(step)
                                .build()));
            case PAUSED ->
                Optional.of(Fact.of(
                        "maru.training.paused.v1",
                        name,
                        run,
                        TrainingPaused.newBuilder()
                                .setTrainingJob(name)
                                .setRun(run)
                                .setStep(step)
                                .setCheckpoint(checkpoint)
                                .setReason(job.details().pauseReason())
                                .build()));
            case PENDING, CHECKING, RUNNING, PAUSING, CANCELLING -> Optional.empty();
        };
    }
}
