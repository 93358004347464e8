package io.maru.model;

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

    /**
     * One step of AdamW.
     *
     * @param inputs token ids, row after row (B * T)
     * @param targets the token after each of them (B * T)
     * @throws DivergedException if the loss or the gradient is not finite; the weights are of no more use then
     */
    StepResult step(int[] inputs, int[] targets, float learningRate);

    /** Mean loss of a batch, in nats per token, without learning from it. Arguments as in {@link #step}. */
    double validate(int[] inputs, int[] targets);

    /** Optimiser steps taken. */
    long steps();

    /** Writes {@link #MODEL_FILE} and {@link #OPTIMIZER_FILE}: all that is needed to go on from here. */
    Saved save(Path folder) throws IOException;

    @Override
    void close();
}
