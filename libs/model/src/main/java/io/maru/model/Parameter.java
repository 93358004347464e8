package io.maru.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.ndarray.Shape;

/**
 * One trained tensor, named and laid out as Hugging Face does: a layer's weight is [in, out], so that rows multiply it
 * from the left.
 *
 * @param initial how it begins
 */
record Parameter(String name, Shape shape, Initial initial) {
    /** Standard deviation of GPT-2's initial weights. */
    static final float INITIAL_DEVIATION = 0.02f;

    static final String TOKEN_EMBEDDING = "transformer.wte";
    static final String POSITION_EMBEDDING = "transformer.wpe";
    static final String FINAL_NORM = "transformer.ln_f";

    /** What a tensor holds before the first step. */
    record Initial(float mean, float deviation) {
        static final Initial ZEROS = new Initial(0, 0);
        static final Initial ONES = new Initial(1, 0);
        static final Initial NORMAL = new Initial(0, INITIAL_DEVIATION);
    }

    static String layer(int index) {
        return "transformer.h." + index;
    }

    static String weight(String box) {
        return box + ".weight";
    }

    static String bias(String box) {
        return box + ".bias";
    }

    static List<Parameter> of(int vocabularySize, int block, int layers, int width) {
        List<Parameter> all = new ArrayList<>();
        // Each layer adds twice to the residual stream. Smaller steps keep its variance at the end what one layer
        // gives.
        Initial residual = new Initial(0, (float) (INITIAL_DEVIATION / Math.sqrt(2.0 * layers)));
        all.add(new Parameter(weight(TOKEN_EMBEDDING), Shape.of(vocabularySize, width), Initial.NORMAL));
        all.add(new Parameter(weight(POSITION_EMBEDDING), Shape.of(block, width), Initial.NORMAL));
        for (int i = 0; i < layers; i++) {
            String layer = layer(i);
            addNorm(all, layer + ".ln_1", width);
            addLinear(all, layer + ".attn.c_attn", width, 3L * width, Initial.NORMAL);
            addLinear(all, layer + ".attn.c_proj", width, width, residual);
            addNorm(all, layer + ".ln_2", width);
            addLinear(all, layer + ".mlp.c_fc", width, (long) FeedForward.EXPANSION * width, Initial.NORMAL);
            addLinear(all, layer + ".mlp.c_proj", (long) FeedForward.EXPANSION * width, width, residual);
        }
        addNorm(all, FINAL_NORM, width);
        return List.copyOf(all);
    }

    private static void addNorm(List<Parameter> all, String box, long width) {
        all.add(new Parameter(weight(box), Shape.of(width), Initial.ONES));
        all.add(new Parameter(bias(box), Shape.of(width), Initial.ZEROS));
    }

    private static void addLinear(List<Parameter> all, String box, long in, long out, Initial initial) {
        all.add(new Parameter(weight(box), Shape.of(in, out), initial));
        all.add(new Parameter(bias(box), Shape.of(out), Initial.ZEROS));
    }

    long elements() {
        return shape.size();
    }

    /** Weight decay pulls on matrices only: a decayed bias or LayerNorm gain would pull the activations to zero. */
    boolean isMatrix() {
        return shape.numDimensions() > 1;
    }

    /** The tensor before training. Each has a stream of its own, so no other parameter's size moves it. */
    float[] initialValues(long seed) {
        float[] values = new float[Math.toIntExact(elements())];
        if (initial.deviation() == 0) {
            Arrays.fill(values, initial.mean());
            return values;
        }
        SplitMix64 random = new SplitMix64(SplitMix64.mix(seed) ^ SplitMix64.mix(name.hashCode()));
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (initial.mean() + initial.deviation() * random.nextGaussian());
        }
        return values;
    }
}
