package io.maru.training.domain;

import java.util.OptionalDouble;

/**
 * What was measured over some steps.
 *
 * @param measurements that it stands for
 * @param minLoss of every step, measured or not
 * @param maxLoss of the same
 * @param validationLoss the last one, where a step ended with a validation
 * @param learningRate of the last step
 * @param tokensPerSecond the mean
 * @param cost the mean; of the memory the most
 */
public record HistoryPoint(
        long firstStep,
        long lastStep,
        long measurements,
        double firstLoss,
        double minLoss,
        double maxLoss,
        double lastLoss,
        OptionalDouble validationLoss,
        double learningRate,
        double maxGradientNorm,
        double tokensPerSecond,
        Measurement.Cost cost) {}
