package io.maru.training.grpc;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.platform.error.Violations;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;
import io.maru.platform.spec.Spec;
import io.maru.training.app.TrainingJobCatalog.Numbered;
import io.maru.training.app.TrainingJobs;
import io.maru.training.domain.Choice;
import io.maru.training.domain.HistoryPoint;
import io.maru.training.domain.InitialWeights;
import io.maru.training.domain.Measurement;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import io.maru.training.v1.CheckTrainingSpecResponse;
import io.maru.training.v1.CreateTrainingJobRequest;
import io.maru.training.v1.TrainingHistory;
import io.maru.training.v1.TrainingMeasurement;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Turns messages of the wire into the domain's types, and back. */
final class TrainingMapping {
    private static final String DATASET = "datasets/{dataset}";
    private static final String USUAL_TRAINING = "train";
    private static final int MAX_PRIORITY = 10;

    private TrainingMapping() {}

    static String jobName(String name) {
        return ResourceName.full("name", name, "trainingJobs/{job}");
    }

    /** @param violations of the spec, to which are added those of its names */
    static TrainingRequest request(CreateTrainingJobRequest request, Violations violations) {
        return new TrainingRequest(
                ResourceName.full("run", request.getRun(), "runs/{run}"),
                request.getTraining().isEmpty()
                        ? USUAL_TRAINING
                        : ResourceName.idOrNew("training", request.getTraining()),
                ResourceName.full("dataset", request.getDataset(), DATASET),
                request.getTokenizer().isEmpty()
                        ? ""
                        : ResourceName.full("tokenizer", request.getTokenizer(), "tokenizers/{tokenizer}"),
                spec(request.getSpec(), violations),
                request.getInit().isEmpty() ? "" : initName(request.getInit()),
                request.getRecipe(),
                priority(request.getPriority()));
    }

    /** Gives the name of first weights; empty where they are still to come, from an earlier step of a run say. */
    static Optional<String> init(String name) {
        return name.contains("/") ? Optional.of(initName(name)) : Optional.empty();
    }

    private static String initName(String name) {
        return ResourceName.full(
                "init",
                name,
                "models/{model}/versions/{version}",
                "models/{model}@{alias}",
                "runs/{run}/checkpoints/{checkpoint}");
    }

    /**
     * The spec in the domain's types, with full names.
     *
     * @param violations to which is added what its fields break of their rules
     */
    static TrainingSpec spec(io.maru.training.v1.TrainingSpec spec, Violations violations) {
        Spec.check(spec, "", violations);
        io.maru.training.v1.TrainingSpec.Builder named = spec.toBuilder();
        for (int i = 0; i < spec.getMixCount(); i++) {
            String name = spec.getMix(i).getDataset();
            if (name.isEmpty()) {
                // The rule of the field tells so already.
                continue;
            }
            try {
                named.getMixBuilder(i).setDataset(ResourceName.full("mix.dataset", name, DATASET));
            } catch (Refusal e) {
                if (e.reason() != CommonReason.INVALID_NAME) {
                    throw e;
                }
                violations.add(String.format(Locale.ROOT, "mix[%d].dataset", i), '"' + name + '"', DATASET);
            }
        }
        return SpecMapping.toDomain(named.build());
    }

    static io.maru.training.v1.TrainingJob toProto(TrainingJob job) {
        boolean best = job.endsWithTheBest();
        boolean succeeded = job.state() == TrainingJob.State.SUCCEEDED;
        String result = best ? job.details().bestCheckpoint() : job.progress().lastCheckpoint();
        double loss = best ? job.details().bestValidationLoss() : job.progress().validationLoss();
        return io.maru.training.v1.TrainingJob.newBuilder()
                .setResultCheckpoint(succeeded ? result : "")
                .setResultValidationLoss(succeeded ? loss : 0)
                .setName(job.name())
                .setState(toProto(job.state()))
                .setRun(job.request().run())
                .setDataset(job.request().dataset())
                .setTraining(job.request().training())
                .setInit(job.init().map(InitialWeights::name).orElse(""))
                .setSpec(SpecMapping.toProto(job.request().spec()))
                .setSteps(job.request().spec().steps())
                .setStepTokens((long) job.request().spec().batch()
                        * job.request().spec().model().block())
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
                .setCreateTime(Timestamps.toProto(job.createTime()))
                .setUpdateTime(Timestamps.toProto(job.updateTime()))
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
                .setTime(Timestamps.toProto(measurement.time()));
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

    private static int priority(int priority) {
        if (Math.abs((long) priority) > MAX_PRIORITY) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "priority: %d (expected: -%d to %d)", priority, MAX_PRIORITY, MAX_PRIORITY);
        }
        return priority;
    }
}
