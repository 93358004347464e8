package io.maru.training;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;

/** What an operator may tune. Hyperparameters are none of it: they come with each job. */
@ConfigMapping(prefix = "maru.training")
public interface TrainingConfig {
    /**
     * Holds the shards of one job's datasets; and a checkpoint on its way, where it comes from a worker's process or has a
     * file above 5 GiB. Each replica needs its own, since it is emptied at start.
     */
    @WithDefault("${java.io.tmpdir}/maru-training")
    Path workDirectory();

    /**
     * Threads that share one operation; 0 takes one per core. A run repeats to the last bit only with the same number, so
     * fix it where runs may move between machines.
     */
    @WithDefault("0")
    @Min(0)
    @Max(4096)
    int threads();

    /** Threads that run operations side by side; 0 takes one per core. */
    @WithDefault("0")
    @Min(0)
    @Max(4096)
    int interOpThreads();

    /** Between two measurements written, and two looks whether a job is to pause or end. */
    @WithDefault("500")
    @Min(10)
    long reportMillis();

    /**
     * How long the checkpoint service may take over a checkpoint. It reads files above 5 GiB back, so larger models need
     * more.
     */
    @WithDefault("600000")
    @Min(1000)
    long registrationMillis();

    /** Whether this replica takes jobs. One that does not can still have seats in those of others. */
    @WithDefault("true")
    boolean leads();

    /**
     * Jobs of several workers that this replica works at for others, at once. Each takes the memory of a trainer. With 1 a
     * replica alone can do a job of two workers.
     */
    @WithDefault("1")
    @Min(0)
    @Max(64)
    int seats();

    /**
     * Where the workers of other replicas reach this one. While a job of several workers runs, TensorFlow listens on a
     * free port of every address of this machine, and asks nobody who calls: let only the replicas reach it.
     */
    @WithDefault("127.0.0.1")
    String workerHost();

    /** How long a job of several workers waits for the others, before it goes back into the queue. */
    @WithDefault("30000")
    @Min(1000)
    long rendezvousMillis();

    /**
     * How long a worker is waited for; then it is lost, and the job goes on from its last checkpoint with others. Longer
     * than any step.
     */
    @WithDefault("120000")
    @Min(1000)
    long workerLimitMillis();

    /** A model with more parameters is refused. Training takes 16 bytes for each, and its activations. */
    @WithDefault("2000000000")
    @Min(1)
    long maxParameters();

    /** A job with more tokens in one step is refused. */
    @WithDefault("1048576")
    @Min(1)
    long maxStepTokens();

    /**
     * A job whose logits, tokens of a part of the batch times vocabulary, are more numbers is refused. 4 bytes each, several
     * times.
     */
    @WithDefault("2147483648")
    @Min(1)
    long maxStepLogits();

    /**
     * Bytes that a process which trains may take; a job that takes more is refused. 0 takes what the GPU has, or without
     * one what the container or the machine has. Less leaves room for what else runs there.
     */
    @WithDefault("0")
    @Min(0)
    long memoryBytes();

    /**
     * How long the first two steps of a job may take in a process of their own, which tells its memory and its speed before
     * it runs. Loading TensorFlow takes seconds of it. 0 runs jobs untried.
     */
    @WithDefault("600")
    @Min(0)
    @Max(86_400)
    long trialSeconds();

    /**
     * A job whose attention scores, sequences of a part of the batch times heads times block squared times layers, are more
     * numbers is refused. 4 bytes each, twice.
     */
    @WithDefault("2147483648")
    @Min(1)
    long maxStepScores();
}
