package io.maru.model.training;

import io.maru.formats.Content;
import io.maru.formats.SealedFile;
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

    /** {@link #step(int[], int[], float, float)} without a limit. */
    default StepResult step(int[] inputs, int[] targets, float learningRate) {
        return step(inputs, targets, learningRate, Float.MAX_VALUE);
    }

    /**
     * One step of AdamW, unless the loss or the gradient is not finite, or the loss is above a limit. A step that is not
     * taken leaves every bit of weights and moments, and the count of steps, as it was.
     *
     * @param inputs token ids, row after row (B * T)
     * @param targets the token after each of them (B * T)
     * @param lossLimit in nats per token
     * @throws DivergedException where the step was not taken
     */
    StepResult step(int[] inputs, int[] targets, float learningRate, float lossLimit);

    /** Mean loss of a batch, in nats per token, without learning from it. Arguments as in {@link #step}. */
    double validate(int[] inputs, int[] targets);

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
