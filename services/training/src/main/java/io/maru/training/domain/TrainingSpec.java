package io.maru.training.domain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.data.BatchForm;
import io.maru.model.kernel.Precision;
import io.maru.model.layer.Recompute;
import io.maru.model.objective.NextToken;
import io.maru.model.training.AdamW;
import io.maru.model.training.Decay;
import io.maru.model.training.LearningRate;
import io.maru.model.training.Trainable;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import java.util.List;
import java.util.Map;

/*
 * A hyperparameter is told three times, and nowhere else:
 *
 *     training.proto      its name, its bounds, its default and what it means
 *     this record         a component of the same name; every mapping goes by the names
 *     this record again   what it is to libs/model: adamW(), task(), options() or learningRates()
 *
 * A rule that it keeps with others is in SpecRules.
 */
/**
 * What is trained, and how its weights are found: the contract's TrainingSpec in the domain's types, with its defaults.
 * {@link ChosenTraining} chooses what is left open, and {@link SpecRules} tells what does not fit.
 *
 * @param model {@link ModelSpec#OF_INIT} where the shape is that of the first weights, which are still to be looked at
 * @param steps optimiser steps
 * @param batch sequences in one step
 * @param batchTokens in place of batch; {@link #FOLLOWS} where it was not given
 * @param learningRate the peak of the schedule: linear warm-up, then down to {@code minLearningRate}
 * @param epsilon added to the root of the mean squared gradient
 * @param gradientClip the gradient's global norm is scaled down to this; 0 means no clipping
 * @param validateEvery steps between two measurements of the validation loss
 * @param validationBatches that such a measurement takes at most
 * @param checkpointEvery steps between two checkpoints; the last step always makes one
 * @param dropout part of the activations that a step does without
 * @param labelSmoothing part of a target's probability that is spread over all tokens
 * @param accumulation parts of a batch that are worked through one after another
 * @param devices of each worker
 * @param workers processes
 * @param mix whose training splits are mixed in
 * @param weight of the own dataset beside those of the mix
 * @param earlyStop validations in a row without a new best that end the job; 0 for never
 * @param onDivergence what happens where there is no number, or a spike
 * @param spikeFactor a loss of more than so many times the mean of the recent ones is a spike; 0 for none
 * @param keepCheckpoints newest ones to keep beside the best; 0 for all
 */
public record TrainingSpec(
        ModelSpec model,
        long steps,
        int batch,
        int batchTokens,
        double learningRate,
        double minLearningRate,
        long warmupSteps,
        double weightDecay,
        double beta1,
        double beta2,
        double epsilon,
        double gradientClip,
        long seed,
        long validateEvery,
        int validationBatches,
        long checkpointEvery,
        Decay schedule,
        Precision precision,
        Recompute recompute,
        double dropout,
        double labelSmoothing,
        int accumulation,
        int devices,
        int workers,
        List<DatasetShare> mix,
        double weight,
        int earlyStop,
        OnDivergence onDivergence,
        double spikeFactor,
        int keepCheckpoints) {
    /** Stands where the service was asked to choose. */
    public static final int AUTO = 0;
    /** Stands where nothing was said, and the value follows from the others. */
    public static final int FOLLOWS = -1;

    private static final JsonMapper JSON = new JsonMapper();

    /** What to do with a batch whose step was not taken. */
    public enum OnDivergence {
        /** Wait for somebody to look, and then try it again. */
        PAUSE,
        /** Leave it out. */
        SKIP,
        FAIL
    }

    public TrainingSpec {
        mix = List.copyOf(mix);
    }

    /** What shares each part of a batch. */
    public Parallelism parallelism() {
        return new Parallelism(devices, workers);
    }

    /** Whether a validation that is the best so far is worth a checkpoint of its own. */
    public boolean savesTheBest() {
        return earlyStop > 0 || keepCheckpoints > 0;
    }

    private AdamW adamW() {
        // Nothing is longer than the maximum of a float, so clipping to it is no clipping.
        float clip = gradientClip == 0 ? Float.MAX_VALUE : (float) gradientClip;
        return new AdamW((float) beta1, (float) beta2, (float) epsilon, (float) weightDecay, clip);
    }

    /** What a model of this shape learns. */
    TrainingTask task(DecoderConfig shape) {
        return new TrainingTask(
                shape, BatchForm.plain(batch), new NextToken((float) labelSmoothing), Trainable.all(), adamW());
    }

    /** How a step is computed. */
    TrainingOptions options() {
        return options(accumulation);
    }

    /** How a step is computed in so many parts. */
    TrainingOptions options(int parts) {
        return TrainingOptions.usual()
                .with(precision)
                .with(recompute)
                .withDropout((float) dropout, seed)
                .withAccumulation(parts);
    }

    /** The learning rate of each step. */
    LearningRate learningRates() {
        return new LearningRate((float) learningRate, (float) minLearningRate, warmupSteps, steps, schedule);
    }

    public TrainingSpec with(ModelSpec other) {
        return with(Map.of("model", other));
    }

    public TrainingSpec with(Parallelism other) {
        return with(Map.of("devices", other.devices(), "workers", other.workers()));
    }

    TrainingSpec withSteps(long other) {
        return with(Map.of("steps", other));
    }

    TrainingSpec withBatch(int rows, int parts) {
        return with(Map.of("batch", rows, "batchTokens", FOLLOWS, "accumulation", parts));
    }

    TrainingSpec withRates(double peak, double min) {
        return with(Map.of("learningRate", peak, "minLearningRate", min));
    }

    TrainingSpec withWarmupSteps(long other) {
        return with(Map.of("warmupSteps", other));
    }

    /** @param changes new values by the components' names */
    TrainingSpec with(Map<String, ?> changes) {
        ObjectNode json = JSON.valueToTree(this);
        json.setAll((ObjectNode) JSON.valueToTree(changes));
        try {
            return JSON.treeToValue(json, TrainingSpec.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
