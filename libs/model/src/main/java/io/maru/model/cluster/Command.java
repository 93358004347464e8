package io.maru.model.cluster;

import io.maru.model.data.Batch;
import io.maru.model.data.BatchForm;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Optional;

/**
 * Says what all processes of a cluster do next.
 *
 * @param step optimiser steps taken so far
 * @param lossLimit above which a step is not taken
 * @param batch with all planes of its form; absent but for STEP and VALIDATE
 */
public record Command(Kind kind, long step, float learningRate, float lossLimit, Optional<Batch> batch) {
    /** Words before those of the batch. */
    private static final int HEAD = 5;

    public enum Kind {
        STEP,
        VALIDATE,
        /** Waits for the next command. */
        WAIT,
        END
    }

    public static Command of(Kind kind) {
        return new Command(kind, 0, 0, 0, Optional.empty());
    }

    /** @param tokens of a batch */
    static int words(BatchForm.Planes planes, int tokens) {
        int each = 2 + (planes.hasWeights() ? 1 : 0) + (planes.hasTexts() ? 2 : 0);
        return Math.addExact(HEAD, Math.multiplyExact(each, tokens));
    }

    int[] toWords(BatchForm.Planes planes, int tokens) {
        IntBuffer words = IntBuffer.allocate(words(planes, tokens));
        words.put(kind.ordinal())
                .put((int) (step >>> Integer.SIZE))
                .put((int) step)
                .put(Float.floatToRawIntBits(learningRate))
                .put(Float.floatToRawIntBits(lossLimit));
        batch.ifPresent(some -> {
            words.put(some.ids()).put(some.targets());
            some.weights().ifPresent(plane -> {
                for (float weight : plane) {
                    words.put(Float.floatToRawIntBits(weight));
                }
            });
            some.packing().ifPresent(texts -> words.put(texts.segments()).put(texts.positions()));
        });
        return words.array();
    }

    static Command ofWords(BatchForm.Planes planes, int tokens, int[] words) {
        IntBuffer in = IntBuffer.wrap(words);
        Kind kind = Kind.values()[in.get()];
        long step = (long) in.get() << Integer.SIZE | Integer.toUnsignedLong(in.get());
        float learningRate = Float.intBitsToFloat(in.get());
        float lossLimit = Float.intBitsToFloat(in.get());
        return new Command(
                kind,
                step,
                learningRate,
                lossLimit,
                switch (kind) {
                    case STEP, VALIDATE -> Optional.of(batch(planes, tokens, in));
                    case WAIT, END -> Optional.empty();
                });
    }

    private static Batch batch(BatchForm.Planes planes, int tokens, IntBuffer in) {
        return new Batch(
                plane(in, tokens),
                plane(in, tokens),
                planes.hasWeights() ? Optional.of(floats(plane(in, tokens))) : Optional.empty(),
                planes.hasTexts()
                        ? Optional.of(new Batch.Packing(plane(in, tokens), plane(in, tokens)))
                        : Optional.empty());
    }

    private static int[] plane(IntBuffer in, int tokens) {
        int[] plane = new int[tokens];
        in.get(plane);
        return plane;
    }

    private static float[] floats(int[] bits) {
        FloatBuffer floats = FloatBuffer.allocate(bits.length);
        for (int each : bits) {
            floats.put(Float.intBitsToFloat(each));
        }
        return floats.array();
    }
}
