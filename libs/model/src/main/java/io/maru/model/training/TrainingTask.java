package io.maru.model.training;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.data.BatchForm;
import io.maru.model.objective.NextToken;
import io.maru.model.objective.Objective;

/**
 * What a trainer learns, as against {@link TrainingOptions}, how it computes a step.
 *
 * @param model the shape
 * @param batch what a step sees
 * @param objective what the loss is
 * @param trainable which weights learn
 * @param adamW how a gradient becomes a step
 */
public record TrainingTask(
        DecoderConfig model, BatchForm batch, Objective objective, Trainable trainable, AdamW adamW) {
    public TrainingTask {
        int maxRows = Integer.MAX_VALUE / model.block();
        if (batch.rows() > maxRows) {
            throw new IllegalArgumentException("batch: " + batch.rows() + " (expected: 1.." + maxRows + ")");
        }
        trainable.of(model);
    }

    /** All weights learn to predict the next token, from plain batches. */
    public static TrainingTask of(DecoderConfig model, AdamW adamW, int rows) {
        return new TrainingTask(model, BatchForm.plain(rows), new NextToken(), Trainable.all(), adamW);
    }

    public TrainingTask with(BatchForm.Planes planes) {
        return new TrainingTask(model, new BatchForm(batch.rows(), planes), objective, trainable, adamW);
    }

    public TrainingTask withRows(int rows) {
        return new TrainingTask(model, new BatchForm(rows, batch.planes()), objective, trainable, adamW);
    }

    public TrainingTask with(Objective other) {
        return new TrainingTask(model, batch, other, trainable, adamW);
    }

    public TrainingTask with(Trainable other) {
        return new TrainingTask(model, batch, objective, other, adamW);
    }
}
