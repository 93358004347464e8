package io.maru.model.configuration;

import io.maru.model.random.SplitMix64;
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
    /** GPT-2's initial weights, at the width of its smallest model. */
    private static final double GPT2_DEVIATION = 0.02;

    private static final int GPT2_WIDTH = 768;

    /** Numbers that one thread makes at a time; their values do not depend on it. */
    private static final int PART = 1 << 16;

    /** What a tensor holds before the first step: normal numbers. */
    public record Initial(float mean, float deviation) {
        static final Initial ZEROS = new Initial(0, 0);
        static final Initial ONES = new Initial(1, 0);

        static Initial normal(int width) {
            return new Initial(0, initialDeviation(width));
        }
    }

    /**
     * Standard deviation of a model's initial weights: GPT-2's where a model is as wide as GPT-2, and more the narrower it
     * is, so that a sum over the width varies as much in each. Example: a model 192 wide begins with twice GPT-2's.
     *
     * <p>Source: Y. LeCun and others, "Efficient BackProp", section 4.6: the inverse of the root of what is summed.
     */
    static float initialDeviation(int width) {
        return (float) (GPT2_DEVIATION * Math.sqrt((double) GPT2_WIDTH / width));
    }

    public static String weight(String box) {
        return box + ".weight";
    }

    public static String bias(String box) {
        return box + ".bias";
    }

    static List<Parameter> ofGpt(
            int vocabularySize, int block, int layers, int width, int innerWidth, boolean tiedHead) {
        List<Parameter> all = new ArrayList<>();
        Initial normal = Initial.normal(width);
        Initial residual = residual(normal, layers);
        addMatrix(all, GptNames.TOKEN_EMBEDDING, vocabularySize, width, normal);
        addMatrix(all, GptNames.POSITION_EMBEDDING, block, width, normal);
        for (int i = 0; i < layers; i++) {
            GptNames names = new GptNames(i);
            addNorm(all, names.attentionNorm(), width);
            addLinear(all, names.queryKeyValue(), width, 3 * width, normal);
            addLinear(all, names.projection(), width, width, residual);
            addNorm(all, names.feedForwardNorm(), width);
            addLinear(all, names.expand(), width, innerWidth, normal);
            addLinear(all, names.contract(), innerWidth, width, residual);
        }
        addNorm(all, GptNames.FINAL_NORM, width);
        if (!tiedHead) {
            addMatrix(all, GptNames.HEAD, vocabularySize, width, normal);
        }
        return List.copyOf(all);
    }

    /**
     * @param queryWidth of all heads together
     * @param keyWidth of all heads of keys together
     */
    static List<Parameter> ofLlama(
            int vocabularySize,
            int layers,
            int width,
            int queryWidth,
            int keyWidth,
            int innerWidth,
            boolean tiedHead,
            boolean queryKeyValueBias) {
        List<Parameter> all = new ArrayList<>();
        Initial normal = Initial.normal(width);
        Initial residual = residual(normal, layers);
        addMatrix(all, LlamaNames.TOKEN_EMBEDDING, vocabularySize, width, normal);
        for (int i = 0; i < layers; i++) {
            LlamaNames names = new LlamaNames(i);
            addGain(all, names.attentionNorm(), width);
            addMatrix(all, names.query(), queryWidth, width, normal);
            addBias(all, queryKeyValueBias, names.query(), queryWidth);
            addMatrix(all, names.key(), keyWidth, width, normal);
            addBias(all, queryKeyValueBias, names.key(), keyWidth);
            addMatrix(all, names.value(), keyWidth, width, normal);
            addBias(all, queryKeyValueBias, names.value(), keyWidth);
            addMatrix(all, names.output(), width, queryWidth, residual);
            addGain(all, names.feedForwardNorm(), width);
            addMatrix(all, names.gate(), innerWidth, width, normal);
            addMatrix(all, names.up(), innerWidth, width, normal);
            addMatrix(all, names.down(), width, innerWidth, residual);
        }
        addGain(all, LlamaNames.FINAL_NORM, width);
        if (!tiedHead) {
            addMatrix(all, LlamaNames.HEAD, vocabularySize, width, normal);
        }
        return List.copyOf(all);
    }

    /** Each layer adds twice to the residual stream. Smaller steps keep its variance at the end what one layer gives. */
    private static Initial residual(Initial normal, int layers) {
        return new Initial(0, (float) (normal.deviation() / Math.sqrt(2.0 * layers)));
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
        addBias(all, true, box, out);
    }

    private static void addBias(List<Parameter> all, boolean biased, String box, long out) {
        if (biased) {
            all.add(new Parameter(bias(box), Shape.of(out), Initial.ZEROS));
        }
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
    public void fill(FloatBuffer values, long seed) {
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
