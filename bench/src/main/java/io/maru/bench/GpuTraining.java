package io.maru.bench;

import io.maru.model.configuration.GptConfig;
import io.maru.model.data.Batch;
import io.maru.model.device.Device;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Compilation;
import io.maru.model.kernel.Precision;
import io.maru.model.training.AdamW;
import io.maru.model.training.Trainer;
import io.maru.model.training.TrainingOptions;
import io.maru.model.training.TrainingTask;
import io.maru.model.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.tensorflow.exceptions.TensorFlowException;

/**
 * Tokens a second of a GPT-2 in bfloat16, and what share of the device's measured peak that is, for some batches, with XLA's
 * fused expressions and without. {@code bench/gpu/run} starts it.
 */
public final class GpuTraining {
    private static final List<String> GPT2_124M = List.of("50257", "1024", "12", "12", "768", "4", "8", "16", "32");
    private static final int WARM_UP = 5;
    private static final int STEPS = 20;
    private static final int GPU_MATRIX = 8192;
    private static final int CPU_MATRIX = 1024;

    private GpuTraining() {}

    /** @param args vocabulary, block, layers, heads, width, and some batches; without any, GPT-2 124M, if there is a GPU */
    public static void main(String[] args) {
        List<Device> devices = Device.of(DeviceOptions.allCores());
        boolean gpu = devices.stream().anyMatch(Device::isGpu);
        System.out.println("devices: " + devices);
        if (!gpu) {
            System.out.println(
                    "no GPU: TensorFlow registered none (expected: a build with -Pgpu, CUDA 12 and cuDNN 9)");
            if (args.length == 0) {
                System.out.println("nothing was measured; name a small shape to measure on the CPU");
                return;
            }
        }
        int[] numbers = (args.length == 0 ? GPT2_124M : Arrays.asList(args))
                .stream().mapToInt(Integer::parseInt).toArray();
        if (numbers.length < 6) {
            throw new IllegalArgumentException(
                    "arguments: " + numbers.length + " (expected: vocabulary block layers heads width batch...)");
        }
        GptConfig config = new GptConfig(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
        double peak = MatmulPeak.flopsPerSecond(gpu ? GPU_MATRIX : CPU_MATRIX);
        System.out.printf("%s, %.1f M parameters, bfloat16%n", config, config.parameterCount() / 1e6);
        System.out.printf("measured peak of bfloat16 products: %.1f TFLOP/s%n", peak / 1e12);
        for (Compilation compilation : List.of(Compilation.NONE, Compilation.EVERYWHERE)) {
            for (int batch : Arrays.copyOfRange(numbers, 5, numbers.length)) {
                System.out.println(measured(config, batch, compilation, peak));
            }
        }
        System.out.printf("load average %.2f%n", Times.loadAverage());
    }

    private static String measured(GptConfig config, int batch, Compilation compilation, double peak) {
        String what = String.format(
                Locale.ROOT, "XLA %-3s batch %3d: ", compilation == Compilation.NONE ? "off" : "on", batch);
        TrainingOptions options =
                TrainingOptions.usual().with(Precision.BFLOAT16).with(compilation);
        Random random = new Random(1);
        long tokens = (long) batch * config.block();
        int[] inputs = random.ints(tokens, 0, config.vocabularySize()).toArray();
        int[] targets = random.ints(tokens, 0, config.vocabularySize()).toArray();
        List<Double> seconds = new ArrayList<>();
        try (Trainer trainer = Trainer.create(
                TrainingTask.of(config, AdamW.usual(), batch),
                Weights.initial(config, 1),
                options,
                DeviceOptions.allCores())) {
            for (int step = 0; step < WARM_UP + STEPS; step++) {
                long start = System.nanoTime();
                trainer.step(Batch.of(inputs, targets), 1e-4f);
                if (step >= WARM_UP) {
                    seconds.add((System.nanoTime() - start) / 1e9);
                }
            }
        } catch (TensorFlowException e) {
            // Too large a batch, or no libdevice for XLA: the others are worth measuring all the same.
            return what + "failed: " + e.getMessage().lines().findFirst().orElse("");
        }
        List<Double> sorted = seconds.stream().sorted().toList();
        double median = sorted.get(sorted.size() / 2);
        double perSecond = tokens / median;
        return what
                + String.format(
                        Locale.ROOT,
                        "%.0f tokens/s, MFU %.1f %%, median %.1f ms, best %.1f ms",
                        perSecond,
                        100 * perSecond * config.flopsPerToken() / peak,
                        1e3 * median,
                        1e3 * sorted.get(0));
    }
}
