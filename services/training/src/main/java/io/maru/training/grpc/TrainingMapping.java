package io.maru.training.grpc;

import com.google.protobuf.Timestamp;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.training.Decay;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.name.ResourceName;
import io.maru.training.app.TrainingJobCatalog.Numbered;
import io.maru.training.app.TrainingJobs;
import io.maru.training.domain.Choice;
import io.maru.training.domain.DataMix;
import io.maru.training.domain.HistoryPoint;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.Parallelism;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingPolicy;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.v1.CheckTrainingSpecResponse;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.maru.training.v1.DatasetShare;
import io.maru.training.v1.TrainingHistory;
import io.maru.training.v1.TrainingMeasurement;
import java.time.Instant;
import java.util.List;

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
                toDomain(request.getSpec().getModel()),
                toDomain(request.getSpec()),
                request.getRecipe());
    }

    static io.maru.training.v1.TrainingJob toProto(TrainingJob job) {
        return io.maru.training.v1.TrainingJob.newBuilder()
                .setName(job.name())
                .setState(toProto(job.state()))
                .setRun(job.request().run())
                .setDataset(job.request().dataset())
                .setSpec(toProto(job.request().training()).toBuilder()
                        .setModel(toProto(job.request().model())))
                .setSteps(job.request().training().steps())
                .setStepTokens((long) job.request().training().batch()
                        * job.request().model().block())
                .setStep(job.progress().step())
                .setLoss(job.progress().loss())
                .setValidationLoss(job.progress().validationLoss())
                .setTokensPerSecond(job.progress().tokensPerSecond())
                .setLastCheckpoint(job.progress().lastCheckpoint())
                .setParameters(job.parameters())
                .addAllChoices(
                        job.choices().stream().map(TrainingMapping::toProto).toList())
                .setPreflight(toProto(job.preflight()))
                .setFailureReason(job.failureReason())
                .setFailureMessage(job.failureMessage())
                .setCreateTime(toProto(job.createTime()))
                .setUpdateTime(toProto(job.updateTime()))
                .setRevision(job.revision())
                .setBestCheckpoint(job.details().bestCheckpoint())
                .setBestValidationLoss(job.details().bestValidationLoss())
                .setPauseReason(job.details().pauseReason())
                .setSkippedBatches(job.details().skippedBatches())
                .setInexact(job.details().inexact())
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
                .setFlopsPerSecond(measurement.cost().flopsPerSecond())
                .setMfu(measurement.cost().mfu())
                .setStepSeconds(measurement.cost().stepSeconds())
                .setDataWaitSeconds(measurement.cost().dataWaitSeconds())
                .setMemoryBytes(measurement.cost().memoryBytes())
                .setTime(toProto(measurement.time()));
        measurement.validationLoss().ifPresent(proto::setValidationLoss);
        return proto.build();
    }

    static TrainingHistory toProto(List<HistoryPoint> points) {
        return TrainingHistory.newBuilder()
                .addAllPoints(points.stream().map(TrainingMapping::toProto).toList())
                .build();
    }

    private static io.maru.training.v1.HistoryPoint toProto(HistoryPoint point) {
        io.maru.training.v1.HistoryPoint.Builder proto = io.maru.training.v1.HistoryPoint.newBuilder()
                .setFirstStep(point.firstStep())
                .setLastStep(point.lastStep())
                .setMeasurements(point.measurements())
                .setFirstLoss(point.firstLoss())
                .setMinLoss(point.minLoss())
                .setMaxLoss(point.maxLoss())
                .setLastLoss(point.lastLoss())
                .setLearningRate(point.learningRate())
                .setMaxGradientNorm(point.maxGradientNorm())
                .setTokensPerSecond(point.tokensPerSecond())
                .setFlopsPerSecond(point.cost().flopsPerSecond())
                .setMfu(point.cost().mfu())
                .setStepSeconds(point.cost().stepSeconds())
                .setDataWaitSeconds(point.cost().dataWaitSeconds())
                .setMaxMemoryBytes(point.cost().memoryBytes());
        point.validationLoss().ifPresent(proto::setValidationLoss);
        return proto.build();
    }

    static CheckTrainingSpecResponse toProto(TrainingJobs.Estimate estimate) {
        return CheckTrainingSpecResponse.newBuilder()
                .setParameters(estimate.parameters())
                .setPreflight(toProto(estimate.preflight()))
                .build();
    }

    private static io.maru.training.v1.Choice toProto(Choice choice) {
        return io.maru.training.v1.Choice.newBuilder()
                .setField(choice.field())
                .setValue(choice.value())
                .setWhy(choice.why())
                .build();
    }

    private static io.maru.training.v1.Preflight toProto(Preflight preflight) {
        return io.maru.training.v1.Preflight.newBuilder()
                .setPlannedBytes(preflight.plannedBytes())
                .setMemoryLimitBytes(preflight.memoryLimit())
                .setPeakBytes(preflight.peakBytes())
                .setStepSeconds(preflight.stepSeconds())
                .setSeconds(preflight.seconds())
                .build();
    }

    private static io.maru.training.v1.TrainingJob.State toProto(TrainingJob.State state) {
        return switch (state) {
            case PENDING -> io.maru.training.v1.TrainingJob.State.PENDING;
            case CHECKING -> io.maru.training.v1.TrainingJob.State.CHECKING;
            case RUNNING -> io.maru.training.v1.TrainingJob.State.RUNNING;
            case PAUSING -> io.maru.training.v1.TrainingJob.State.PAUSING;
            case PAUSED -> io.maru.training.v1.TrainingJob.State.PAUSED;
            case CANCELLING -> io.maru.training.v1.TrainingJob.State.CANCELLING;
            case SUCCEEDED -> io.maru.training.v1.TrainingJob.State.SUCCEEDED;
            case FAILED -> io.maru.training.v1.TrainingJob.State.FAILED;
            case CANCELLED -> io.maru.training.v1.TrainingJob.State.CANCELLED;
        };
    }

    static ModelSpec toDomain(io.maru.training.v1.ModelSpec model) {
        return new ModelSpec(
                model.getLayers(),
                model.getHeads(),
                model.getWidth(),
                model.getBlock(),
                switch (model.getFamily()) {
                    case FAMILY_UNSPECIFIED, GPT2 -> ModelSpec.Family.GPT2;
                    case LLAMA -> ModelSpec.Family.LLAMA;
                    case UNRECOGNIZED -> throw unknown("model.family", model.getFamilyValue());
                },
                model.getKeyValueHeads(),
                model.getIntermediate(),
                model.getOwnHead());
    }

    private static io.maru.training.v1.ModelSpec toProto(ModelSpec model) {
        return io.maru.training.v1.ModelSpec.newBuilder()
                .setLayers(model.layers())
                .setHeads(model.heads())
                .setWidth(model.width())
                .setBlock(model.block())
                .setFamily(
                        switch (model.family()) {
                            case GPT2 -> io.maru.training.v1.ModelSpec.Family.GPT2;
                            case LLAMA -> io.maru.training.v1.ModelSpec.Family.LLAMA;
                        })
                .setKeyValueHeads(model.keyValueHeads())
                .setIntermediate(model.intermediate())
                .setOwnHead(model.ownHead())
                .build();
    }

    private static Refusal unknown(String field, int value) {
        return CommonReason.INVALID_ARGUMENT.because("%s: %d (expected: one of its values)", field, value);
    }

    static TrainingSpec toDomain(io.maru.training.v1.TrainingSpec training) {
        return new TrainingSpec(
                training.getSteps(),
                training.getBatch(),
                training.getLearningRate(),
                training.hasMinLearningRate() ? training.getMinLearningRate() : -1,
                training.hasWarmupSteps() ? training.getWarmupSteps() : -1,
                training.getWeightDecay(),
                training.getBeta1(),
                training.getBeta2(),
                training.getGradientClip(),
                training.getSeed(),
                training.getValidateEvery(),
                training.getValidationBatches(),
                training.getCheckpointEvery(),
                switch (training.getSchedule()) {
                    case SCHEDULE_UNSPECIFIED, COSINE -> Decay.COSINE;
                    case LINEAR -> Decay.LINEAR;
                    case WSD -> Decay.WSD;
                    case CONSTANT -> Decay.CONSTANT;
                    case UNRECOGNIZED -> throw unknown("training.schedule", training.getScheduleValue());
                },
                switch (training.getPrecision()) {
                    case PRECISION_UNSPECIFIED, FLOAT32 -> Precision.FLOAT32;
                    case BFLOAT16 -> Precision.BFLOAT16;
                    case UNRECOGNIZED -> throw unknown("training.precision", training.getPrecisionValue());
                },
                switch (training.getRecompute()) {
                    case RECOMPUTE_UNSPECIFIED, NONE -> Recompute.NONE;
                    case BLOCKS -> Recompute.BLOCKS;
                    case UNRECOGNIZED -> throw unknown("training.recompute", training.getRecomputeValue());
                },
                training.getDropout(),
                training.getAccumulation() == 0 && training.getBatch() != 0 ? 1 : training.getAccumulation(),
                new Parallelism(
                        training.getDevices() == 0 ? 1 : training.getDevices(),
                        training.getWorkers() == 0 ? 1 : training.getWorkers()),
                new DataMix(
                        training.getWeight() == 0 ? 1 : training.getWeight(),
                        training.getMixList().stream()
                                .map(share -> new DataMix.Share(
                                        ResourceName.check(
                                                "training.mix.dataset", share.getDataset(), "datasets/{dataset}"),
                                        share.getWeight()))
                                .toList()),
                new TrainingPolicy(
                        switch (training.getOnDivergence()) {
                            case ON_DIVERGENCE_UNSPECIFIED, PAUSE -> TrainingPolicy.OnDivergence.PAUSE;
                            case SKIP -> TrainingPolicy.OnDivergence.SKIP;
                            case FAIL -> TrainingPolicy.OnDivergence.FAIL;
                            case UNRECOGNIZED ->
                                throw unknown("training.on_divergence", training.getOnDivergenceValue());
                        },
                        training.getSpikeFactor(),
                        training.getEarlyStop(),
                        training.getKeepCheckpoints()));
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
                .setSchedule(
                        switch (training.schedule()) {
                            case COSINE -> io.maru.training.v1.TrainingSpec.Schedule.COSINE;
                            case LINEAR -> io.maru.training.v1.TrainingSpec.Schedule.LINEAR;
                            case WSD -> io.maru.training.v1.TrainingSpec.Schedule.WSD;
                            case CONSTANT -> io.maru.training.v1.TrainingSpec.Schedule.CONSTANT;
                        })
                .setPrecision(
                        switch (training.precision()) {
                            case FLOAT32 -> io.maru.training.v1.TrainingSpec.Precision.FLOAT32;
                            case BFLOAT16 -> io.maru.training.v1.TrainingSpec.Precision.BFLOAT16;
                        })
                .setRecompute(
                        switch (training.recompute()) {
                            case NONE -> io.maru.training.v1.TrainingSpec.Recompute.NONE;
                            case BLOCKS -> io.maru.training.v1.TrainingSpec.Recompute.BLOCKS;
                        })
                .setDropout(training.dropout())
                .setAccumulation(training.accumulation())
                .setDevices(training.parallelism().devices())
                .setWorkers(training.parallelism().workers())
                .addAllMix(training.mix().others().stream()
                        .map(share -> DatasetShare.newBuilder()
                                .setDataset(share.dataset())
                                .setWeight(share.weight())
                                .build())
                        .toList())
                .setWeight(training.mix().weight())
                .setOnDivergence(
                        switch (training.policy().onDivergence()) {
                            case PAUSE -> io.maru.training.v1.TrainingSpec.OnDivergence.PAUSE;
                            case SKIP -> io.maru.training.v1.TrainingSpec.OnDivergence.SKIP;
                            case FAIL -> io.maru.training.v1.TrainingSpec.OnDivergence.FAIL;
                        })
                .setSpikeFactor(training.policy().spikeFactor())
                .setEarlyStop(training.policy().earlyStop())
                .setKeepCheckpoints(training.policy().keepCheckpoints())
                .build();
    }

    private static Timestamp toProto(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }
}
