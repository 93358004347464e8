package io.maru.model.training;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.kernel.Precision;

/**
 * Tells what a training step holds at its fullest in one process, worked out from the shapes: when the forward pass is done, and
 * the way back begins.
 *
 * @param weights bytes of the weights, and of their copies in the type of the products
 * @param moments bytes of AdamW's
 * @param gradients bytes of all gradients, of their sums over the parts of a batch, and of their means over devices
 * @param activations bytes of what the way back reads
 * @param logits bytes of the scores of each token and of their gradient
 * @param passing bytes that are needed for a while: gradients inside one block, the scores as the loss reads them, and the
 *     weights and moments that a checkpoint holds until it is written, which are also what AdamW leaves behind where it lays
 *     new values beside old ones
 */
public record MemoryPlan(long weights, long moments, long gradients, long activations, long logits, long passing) {
    private static final int WIDE = Float.BYTES;
    /** Of a JVM with TensorFlow loaded and a graph compiled, and of what allocators keep in hand; measured. */
    private static final long RUNTIME = 540L << 20;

    /** Works it out for one device. With accumulation only the rows of one part are held at a time. */
    public static MemoryPlan of(TrainingTask task, TrainingOptions options) {
        return of(task, options, 1, 1);
    }

    /**
     * @param devices of this process, whose memory is added up
     * @param shares of a part: the devices of all processes
     */
    public static MemoryPlan of(TrainingTask task, TrainingOptions options, int devices, int shares) {
        DecoderConfig config = task.model();
        int narrow = options.precision() == Precision.FLOAT32 ? WIDE : Short.BYTES;
        long parameters = devices * config.parameterCount();
        long learntOnce = task.trainable().of(config).stream()
                .mapToLong(Parameter::elements)
                .sum();
        long learnt = devices * learntOnce;
        long rows = Math.multiplyExact(
                devices * ((long) task.batch().rows() / options.accumulation() / shares), config.block());
        long copies = narrow == WIDE ? 0 : narrow * parameters;
        long sums = options.accumulation() == 1 ? 0 : WIDE * learnt;
        // A bucket takes the place of the gradients that went into it; what comes out lies beside it.
        long met = shares == 1 ? 0 : WIDE * learnt;
        return new MemoryPlan(
                WIDE * parameters + copies,
                2 * WIDE * learnt,
                narrow * learnt + sums + met,
                Math.multiplyExact(rows, activationsOfARow(config, options, narrow) + maskOfARow(task)),
                Math.multiplyExact(rows, 2L * narrow * config.vocabularySize()),
                rows * (activationsOfABlock(config, options, narrow) + (long) WIDE * config.vocabularySize())
                        + WIDE * (config.parameterCount() + 2 * learntOnce));
    }

    /** Where texts are packed, each row of a batch has a mask of its own, for each of the heads that share their keys. */
    private static long maskOfARow(TrainingTask task) {
        DecoderConfig config = task.model();
        long sharing = config.heads() / config.keyValueHeads();
        return task.batch().planes().hasTexts() ? WIDE * sharing * config.block() : 0;
    }

    /** Of the step alone, without what is passing. */
    public long total() {
        return weights + moments + gradients + activations + logits;
    }

    /** Of a process that trains, as the operating system counts it. */
    public long process() {
        return total() + passing + RUNTIME;
    }

    private static long activationsOfARow(DecoderConfig config, TrainingOptions options, int narrow) {
        long ends = (long) config.width() * (WIDE + WIDE + narrow); // the embedding, and the last norm
        long block = activationsOfABlock(config, options, narrow);
        return ends
                + switch (options.recompute()) {
                    case NONE -> config.layers() * block;
                    // What goes into each, and one at a time in full.
                    case BLOCKS -> config.layers() * (long) config.width() * (WIDE + narrow) + block;
                };
    }

    private static long activationsOfABlock(DecoderConfig config, TrainingOptions options, int narrow) {
        long width = config.width();
        long heads = (long) config.heads() * config.headWidth();
        long keys = (long) config.keyValueHeads() * config.headWidth();
        long shares = (long) config.heads() * config.block();
        long norms = 2 * width * (WIDE + narrow); // the stream, and its normal rows
        long attention = narrow * (heads + 2 * keys + shares + 2 * heads); // q, k, v, shares, what they mix twice
        long inner = narrow * (long) config.innerWidth() * config.match(gpt -> 2, llama -> 3);
        // A byte tells whether an activation stays; shares are kept before and after.
        long dropped = options.dropout() == 0 ? 0 : shares * (1 + narrow) + 2 * width;
        return norms + attention + inner + dropped;
    }
}
