package io.maru.model;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.GptConfig;
import io.maru.model.configuration.LlamaConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Dropout;
import io.maru.model.random.SplitMix64;
import io.maru.model.training.TrainingOptions;
import io.maru.model.weights.Weights;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tensorflow.op.Ops;

/** Models and tokens that the tests share. */
public final class TestModels {
    /** Prime sizes where they may be: a transposed axis then does not fit. */
    public static final GptConfig TINY = new GptConfig(23, 7, 2, 3, 12);

    /** Two heads share each one of keys, and a head is wider than its share of the width. */
    public static final LlamaConfig TINY_LLAMA = new LlamaConfig(23, 7, 2, 6, 3, 12, 4, 10, 1e-5f, 50, false);

    /** The same with biases. */
    public static final LlamaConfig TINY_QWEN2 = new LlamaConfig(23, 7, 2, 6, 3, 12, 4, 10, 1e-5f, 50, true, true);

    public static final DeviceOptions TWO_THREADS = new DeviceOptions(2, 2);

    public static final float DROPOUT = 0.3f;

    private TestModels() {}

    static Optional<Dropout> dropout(Ops tf, TrainingOptions options, int batch) {
        return options.dropout() > 0 ? Optional.of(new Dropout(tf, batch)) : Optional.empty();
    }

    public static Stream<DecoderConfig> all() {
        return Stream.of(TINY, TINY_LLAMA, TINY_QWEN2, new LlamaConfig(23, 7, 2, 2, 1, 8, 10));
    }

    public static int[] tokens(int count, int vocabularySize, long seed) {
        SplitMix64 random = new SplitMix64(seed);
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = (int) (random.nextDouble() * vocabularySize);
        }
        return tokens;
    }

    /** Far from the initial weights, where attention is nearly even and biases are zero, which hides faults. */
    public static Weights lively(DecoderConfig config) {
        Map<String, float[]> values = config.parameters().stream()
                .collect(Collectors.toMap(Parameter::name, parameter -> {
                    SplitMix64 random = new SplitMix64(parameter.name().hashCode());
                    float[] numbers = new float[(int) parameter.elements()];
                    for (int i = 0; i < numbers.length; i++) {
                        numbers[i] = (float) (parameter.initial().mean() + 0.3 * random.nextGaussian());
                    }
                    return numbers;
                }));
        return Weights.read(config, (name, into) -> into.put(values.get(name)));
    }

    public static float[] floats(Weights weights, String name) {
        FloatBuffer buffer = weights.get(name);
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }
}
