package io.maru.model.training;

import io.maru.formats.Content;
import io.maru.formats.SealedFile;
import io.maru.model.data.Batch;
import java.io.IOException;
import java.nio.file.Path;

/** Weights and moments that take steps, wherever they are: in this process, or in one or several of their own. */
public interface Learner extends AutoCloseable {
    /** What {@link #save} writes the weights to, readable by Hugging Face. */
    String MODEL_FILE = "model.safetensors";
    /** What {@link #save} writes Adam's moments and the step to. */
    String OPTIMIZER_FILE = "optimizer.safetensors";

    /** The files that {@link #save} wrote. */
    record Saved(SealedFile model, SealedFile optimizer) {}

    /** What a snapshot has to say. */
    record Contents(Saved known, Content model, Content optimizer) {}

    /** Takes a {@link #step(Batch, float, float)} without a limit. */
    default StepResult step(Batch batch, float learningRate) {
        return step(batch, learningRate, Float.MAX_VALUE);
    }

    /**
     * Takes one step of AdamW, unless the loss or the gradient is not finite, or the loss is above a limit. A step that is not
     * taken leaves every bit of weights and moments, and the count of steps, as it was.
     *
     * @param lossLimit in nats per token
     * @throws DivergedException where the step was not taken
     */
    StepResult step(Batch batch, float learningRate, float lossLimit);

    /**
     * Gives minus the mean log-probability of a batch's targets, each by its weight, in nats per token, without learning from
     * it. To add up those of several batches, multiply each by the batch's {@link Batch#totalWeight}.
     */
    double validate(Batch batch);

    /** Optimiser steps taken. */
    long steps();

    /**
     * Weights and moments as they are now, to be written while further steps are taken. One at a time; the caller closes it
     * before it closes this.
     */
    Snapshot snapshot();

    /** Writes {@link #MODEL_FILE} and {@link #OPTIMIZER_FILE}: all that is needed to go on from here. */
    default Saved save(Path folder) throws IOException {
        try (Snapshot now = snapshot()) {
            return now.save(folder);
        }
    }

    /** For one thread at a time, which need not be the learner's. */
    interface Snapshot extends AutoCloseable {
        /**
         * Writes the two files of {@link Learner#save}.
         *
         * @throws IOException where the disk is full, say; it may be tried again with the same folder
         */
        Saved save(Path folder) throws IOException;

        /**
         * The two files, to be read before this is closed. Where the learner is in this process they need not be written.
         *
         * @param folder where they lie else, as after {@link #save}
         * @throws IOException as {@link #save}
         */
        default Contents contents(Path folder) throws IOException {
            Saved saved = save(folder);
            return new Contents(
                    saved, Content.of(folder.resolve(MODEL_FILE)), Content.of(folder.resolve(OPTIMIZER_FILE)));
        }

        @Override
        void close();
    }

    @Override
    void close();
}
