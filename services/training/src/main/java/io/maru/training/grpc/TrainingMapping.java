package io.maru.training.grpc;

import com.google.protobuf.Timestamp;
import io.maru.platform.grpc.ResourceName;
import io.maru.training.app.TrainingJobCatalog.Numbered;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.maru.training.v1.TrainingMeasurement;
import java.time.Instant;

/** Where the words of the wire and those of the domain meet. */
final class TrainingMapping {
    private TrainingMapping() {}

    static String jobName(String name) {
        return ResourceName.check("name", name, "trainingJobs/{job}");
    }

    static TrainingRequest request(CreateTrainingJobRequest request) {
        return new TrainingRequest(
                ResourceName.check("run", request.getRun(), "runs/{run}"),
                ResourceName.check("dataset", request.getDataset(), "datasets/{dataset}"),
                toDomain(request.getModel()),
                toDomain(request.getTraining()),
                request.getRecipe());
    }

    static io.maru.training.v1.TrainingJob toProto(TrainingJob job) {
        return io.maru.training.v1.TrainingJob.newBuilder()
                .setName(job.name())
                .setState(toProto(job.state()))
                .setRun(job.request().run())
                .setDataset(job.request().dataset())
                .setModel(toProto(job.request().model()))
                .setTraining(toProto(job.request().training()))
                .setStep(job.progress().step())
                .setLoss(job.progress().loss())
                .setValidationLoss(job.progress().validationLoss())
                .setTokensPerSecond(job.progress().tokensPerSecond())
                .setLastCheckpoint(job.progress().lastCheckpoint())
                .setParameters(job.parameters())
                .setFailureReason(job.failureReason())
                .setFailureMessage(job.failureMessage())
                .setCreateTime(toProto(job.createTime()))
                .setUpdateTime(toProto(job.updateTime()))
                .setRevision(job.revision())
                .build();
    }

    static TrainingMeasurement toProto(Numbered numbered) {
        Measurement measurement = numbered.measurement();
        TrainingMeasurement.Builder proto = TrainingMeasurement.newBuilder()
                .setSequence(numbered.sequence())
                .setStep(measurement.step())
                .setLoss(measurement.loss())
                .setLearningRate(measurement.learningRate())
                .setGradientNorm(measurement.gradientNorm())
                .setTokensPerSecond(measurement.tokensPerSecond())
                .setTime(toProto(measurement.time()));
        measurement.validationLoss().ifPresent(proto::setValidationLoss);
        return proto.build();
    }

    private static io.maru.training.v1.TrainingJob.State toProto(TrainingJob.State state) {
        return switch (state) {
            case PENDING -> io.maru.training.v1.TrainingJob.State.PENDING;
            case RUNNING -> io.maru.training.v1.TrainingJob.State.RUNNING;
            case PAUSING -> io.maru.training.v1.TrainingJob.State.PAUSING;
            case PAUSED -> io.maru.training.v1.TrainingJob.State.PAUSED;
            case CANCELLING -> io.maru.training.v1.TrainingJob.State.CANCELLING;
            case SUCCEEDED -> io.maru.training.v1.TrainingJob.State.SUCCEEDED;
            case FAILED -> io.maru.training.v1.TrainingJob.State.FAILED;
            case CANCELLED -> io.maru.training.v1.TrainingJob.State.CANCELLED;
        };
    }

    private static ModelSpec toDomain(io.maru.training.v1.ModelSpec model) {
        return new ModelSpec(model.getLayers(), model.getHeads(), model.getWidth(), model.getBlock());
    }

    private static io.maru.training.v1.ModelSpec toProto(ModelSpec model) {
        return io.maru.training.v1.ModelSpec.newBuilder()
                .setLayers(model.layers())
                .setHeads(model.heads())
                .setWidth(model.width())
                .setBlock(model.block())
                .build();
    }

    private static TrainingSpec toDomain(io.maru.training.v1.TrainingSpec training) {
        return new TrainingSpec(
                training.getSteps(),
                training.getBatch(),
                training.getLearningRate(),
                training.getMinLearningRate(),
                training.getWarmupSteps(),
                training.getWeightDecay(),
                training.getBeta1(),
                training.getBeta2(),
                training.getGradientClip(),
                training.getSeed(),
                training.getValidateEvery(),
                training.getValidationBatches(),
                training.getCheckpointEvery());
    }

    private static io.maru.training.v1.TrainingSpec toProto(TrainingSpec training) {
        return io.maru.training.v1.TrainingSpec.newBuilder()
                .setSteps(training.steps())
                .setBatch(training.batch())
                .setLearningRate(training.learningRate())
                .setMinLearningRate(training.minLearningRate())
                .setWarmupSteps(training.warmupSteps())
                .setWeightDecay(training.weightDecay())
                .setBeta1(training.beta1())
                .setBeta2(training.beta2())
                .setGradientClip(training.gradientClip())
                .setSeed(training.seed())
                .setValidateEvery(training.validateEvery())
                .setValidationBatches(training.validationBatches())
                .setCheckpointEvery(training.checkpointEvery())
                .build();
    }

    private static Timestamp toProto(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }
}
