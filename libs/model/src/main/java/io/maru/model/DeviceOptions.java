package io.maru.model;

import java.util.List;
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
 */
public record DeviceOptions(int intraOpThreads, int interOpThreads) {
    private static final int MOST_THREADS = 4096;

    static {
        // TensorFlow's memory is not the JVM's, but the library that joins them refuses to allocate once the process is
        // some
        // times larger than the heap: with a small heap, in the middle of a model that fits the machine. It reads these
        // once,
        // and nothing of TensorFlow's is made without a DeviceOptions.
        for (String limit : List.of("maxBytes", "maxPhysicalBytes")) {
            String key = "org.bytedeco.javacpp." + limit;
            if (System.getProperty(key) == null) {
                System.setProperty(key, "0");
            }
        }
    }

    public DeviceOptions {
        require("intraOpThreads", intraOpThreads);
        require("interOpThreads", interOpThreads);
    }

    /** All cores. */
    public static DeviceOptions allCores() {
        return new DeviceOptions(0, 0);
    }

    ConfigProto session() {
        return ConfigProto.newBuilder()
                .setIntraOpParallelismThreads(intraOpThreads)
                .setInterOpParallelismThreads(interOpThreads)
                // Otherwise the first session takes all of a GPU's memory.
                .setGpuOptions(GPUOptions.newBuilder().setAllowGrowth(true))
                .build();
    }

    private static void require(String name, int threads) {
        if (threads < 0 || threads > MOST_THREADS) {
            throw new IllegalArgumentException(name + ": " + threads + " (expected: 0.." + MOST_THREADS + ")");
        }
    }
}
