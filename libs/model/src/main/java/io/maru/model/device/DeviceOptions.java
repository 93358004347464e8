package io.maru.model.device;

import java.util.List;
import java.util.stream.IntStream;
import org.tensorflow.DeviceSpec;
import org.tensorflow.DeviceSpec.DeviceType;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GPUOptions;

/**
 * What of the machine a session may use.
 *
 * <p>On a CPU the bits of a sum depend on how it is split among threads, so a run is repeated to the last bit only with
 * the same {@code intraOpThreads}. TensorFlow gives a process one pool of them, as large as its first session asks.
 *
 * @param intraOpThreads that share one operation; 0 takes one per core
 * @param interOpThreads that run operations side by side; 0 takes one per core
 * @param devices that share a batch: GPUs where there are any; otherwise the CPU, taken for so many
 */
public record DeviceOptions(int intraOpThreads, int interOpThreads, int devices) {
    private static final int MAX_THREADS = 4096;
    private static final int MAX_DEVICES = 64;

    static {
        // TensorFlow's memory is not the JVM's, but the library that joins them refuses to allocate once the process is
        // some times larger than the heap: with a small heap, in the middle of a model that fits the machine. It reads
        // these once, and nothing of TensorFlow's is made without a DeviceOptions.
        for (String limit : List.of("maxBytes", "maxPhysicalBytes")) {
            String key = "org.bytedeco.javacpp." + limit;
            if (System.getProperty(key) == null) {
                System.setProperty(key, "0");
            }
        }
    }

    public DeviceOptions {
        require("intraOpThreads", intraOpThreads, 0, MAX_THREADS);
        require("interOpThreads", interOpThreads, 0, MAX_THREADS);
        require("devices", devices, 1, MAX_DEVICES);
    }

    /** One device. */
    public DeviceOptions(int intraOpThreads, int interOpThreads) {
        this(intraOpThreads, interOpThreads, 1);
    }

    /** All cores. */
    public static DeviceOptions allCores() {
        return new DeviceOptions(0, 0);
    }

    public DeviceOptions withDevices(int others) {
        return new DeviceOptions(intraOpThreads, interOpThreads, others);
    }

    public ConfigProto session() {
        ConfigProto.Builder config = ConfigProto.newBuilder()
                .setIntraOpParallelismThreads(intraOpThreads)
                .setInterOpParallelismThreads(interOpThreads)
                // Otherwise the first session takes all of a GPU's memory.
                .setGpuOptions(GPUOptions.newBuilder().setAllowGrowth(true));
        if (devices > 1) {
            config.putDeviceCount(DeviceType.CPU.name(), devices);
            // Some operations, those on int32 among them, have no kernel for a GPU.
            config.setAllowSoftPlacement(true);
            config.getExperimentalBuilder().setCollectiveNccl(true);
        }
        return config.build();
    }

    /** The graph as each device sees it: what is laid by one is computed there. */
    public List<Ops> places(Ops tf) {
        if (devices == 1) {
            return List.of(tf);
        }
        long gpus = Device.of(this).stream().filter(Device::isGpu).count();
        if (gpus > 0 && gpus < devices) {
            throw new IllegalArgumentException("devices: " + devices + " (expected: at most " + gpus + " GPUs)");
        }
        return IntStream.range(0, devices)
                .mapToObj(i -> tf.withDevice(spec(gpus > 0 ? DeviceType.GPU : DeviceType.CPU, i)))
                .toList();
    }

    /** Where the processor itself computes. */
    public static Ops processor(Ops tf) {
        return tf.withDevice(spec(DeviceType.CPU, 0));
    }

    private static DeviceSpec spec(DeviceType type, int index) {
        return DeviceSpec.newBuilder().deviceType(type).deviceIndex(index).build();
    }

    private static void require(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + ": " + value + " (expected: " + min + ".." + max + ")");
        }
    }
}
