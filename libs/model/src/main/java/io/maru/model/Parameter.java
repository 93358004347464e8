package io.maru.model;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.ndarray.Shape;

/**
 * One trained tensor, named and laid out as Hugging Face does: the weight of a GPT-2's layer is [in, out], so that rows
 * multiply it from the left; that of a Llama's is [out, in].
 *
 * @param initial how it begins
 */
public record Parameter(String name, Shape shape, Initial initial) {
    /** Standard deviation of the initial weights of both families. */
    static final float INITIAL_DEVIATION = 0.02f;

    /** Numbers that one thread makes at a time; their values do not depend on it. */
    private static final int PART = 1 << 16;

    /** What a tensor holds before the first step: normal numbers. */
    public record Initial(float mean, float deviation) {
        static final Initial ZEROS = new Initial(0, 0);
        static final Initial ONES = new Initial(1, 0);
        static final Initial NORMAL = new Initial(0, INITIAL_DEVIATION);
    }

    static String weight(String box) {
        return box + ".weight";
    }

    static String bias(String box) {
        return box + ".bias";
    }

    static List<Parameter> ofGpt(int vocabularySize, int block, int layers, int width, int innerWidth) {
        List<Parameter> all = new ArrayList<>();
        Initial residual = residual(layers);
        addMatrix(all, GptNames.TOKEN_EMBEDDING, vocabularySize, width, Initial.NORMAL);
        addMatrix(all, GptNames.POSITION_EMBEDDING, block, width, Initial.NORMAL);
        for (int i = 0; i < layers; i++) {
            GptNames names = new GptNames(i);
            addNorm(all, names.attentionNorm(), width);
            addLinear(all, names.queryKeyValue(), width, 3 * width, Initial.NORMAL);
            addLinear(all, names.projection(), width, width, residual);
            addNorm(all, names.feedForwardNorm(), width);
            addLinear(all, names.expand(), width, innerWidth, Initial.NORMAL);
            addLinear(all, names.contract(), innerWidth, width, residual);
        }
        addNorm(all, GptNames.FINAL_NORM, width);
        return List.copyOf(all);
    }

    /**
     * @param queryWidth of all heads together
     * @param keyWidth of all heads of keys together
     */
    static List<Parameter> ofLlama(
            int vocabularySize, int layers, int width, int queryWidth, int keyWidth, int innerWidth, boolean tiedHead) {
        List<Parameter> all = new ArrayList<>();
        Initial residual = residual(layers);
        addMatrix(all, LlamaNames.TOKEN_EMBEDDING, vocabularySize, width, Initial.NORMAL);
        for (int i = 0; i < layers; i++) {
            LlamaNames names = new LlamaNames(i);
            addGain(all, names.attentionNorm(), width);
            addMatrix(all, names.query(), queryWidth, width, Initial.NORMAL);
            addMatrix(all, names.key(), keyWidth, width, Initial.NORMAL);
            addMatrix(all, names.value(), keyWidth, width, Initial.NORMAL);
            addMatrix(all, names.output(), width, queryWidth, residual);
            addGain(all, names.feedForwardNorm(), width);
            addMatrix(all, names.gate(), innerWidth, width, Initial.NORMAL);
            addMatrix(all, names.up(), innerWidth, width, Initial.NORMAL);
            addMatrix(all, names.down(), width, innerWidth, residual);
        }
        addGain(all, LlamaNames.FINAL_NORM, width);
        if (!tiedHead) {
            addMatrix(all, LlamaNames.HEAD, vocabularySize, width, Initial.NORMAL);
        }
        return List.copyOf(all);
    }

    /** Each layer adds twice to the residual stream. Smaller steps keep its variance at the end what one layer gives. */
    private static Initial residual(int layers) {
        return new Initial(0, (float) (INITIAL_DEVIATION / Math.sqrt(2.0 * layers)));
    }

    private static void addNorm(List<Parameter> all, String box, long width) {
        addGain(all, box, width);
        all.add(new Parameter(bias(box), Shape.of(width), Initial.ZEROS));
    }

    private static void addGain(List<Parameter> all, String box, long width) {
        all.add(new Parameter(weight(box), Shape.of(width), Initial.ONES));
    }

    private static void addLinear(List<Parameter> all, String box, long in, long out, Initial initial) {
        addMatrix(all, box, in, out, initial);
        all.add(new Parameter(bias(box), Shape.of(out), Initial.ZEROS));
    }

    private static void addMatrix(List<Parameter> all, String box, long rows, long columns, Initial initial) {
        all.add(new Parameter(weight(box), Shape.of(rows, columns), initial));
    }

    /** How many numbers it holds. */
    public long elements() {
        return shape.size();
    }

    /** Weight decay pulls on matrices only: a decayed bias or LayerNorm gain would pull the activations to zero. */
    public boolean isMatrix() {
        return shape.numDimensions() > 1;
    }

    /** The tensor before training. Each has a stream of its own, so no other parameter's size moves it. */
    void fill(FloatBuffer values, long seed) {
        SplitMix64 stream = new SplitMix64(SplitMix64.mix(seed) ^ SplitMix64.mix(name.hashCode()));
        int size = values.remaining();
        IntStream.range(0, (size + PART - 1) / PART).parallel().forEach(part -> {
            int first = part * PART;
            SplitMix64 random = stream.ahead(2L * first);
            for (int i = first; i < Math.min(first + PART, size); i++) {
                double wave = initial.deviation() == 0 ? 0 : initial.deviation() * random.nextGaussian();
                values.put(i, (float) (initial.mean() + wave));
            }
        });
        values.position(size);
    }
}
