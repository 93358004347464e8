package io.maru.model.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_SessionOptions;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * Something that TensorFlow found to compute on in this process. A GPU is there only if the natives were built for one, and
 * CUDA and cuDNN could be loaded; what runs then goes to the GPU by itself.
 *
 * @param name as in {@code GPU:0}
 * @param type as in {@code GPU}
 * @param memoryBytes that TensorFlow may take of it
 */
public record Device(String name, String type, long memoryBytes) {
    private static final System.Logger log = System.getLogger(Device.class.getName());
    private static final String GPU = "GPU";

    public boolean isGpu() {
        return type.equals(GPU);
    }

    /** All devices of this process. The first call loads TensorFlow, whose threads and memory are those of the options. */
    public static List<Device> of(DeviceOptions options) {
        byte[] config = options.session().toByteArray();
        try (PointerScope scope = new PointerScope();
                TF_Status status = TF_Status.newStatus();
                TF_SessionOptions settings = TF_SessionOptions.newSessionOptions();
                BytePointer bytes = new BytePointer(config);
                TF_Graph graph = TF_Graph.newGraph()) {
            tensorflow.TF_SetConfig(settings, bytes, config.length, status);
            status.throwExceptionIfNotOK();
            try (TF_Session session = TF_Session.newSession(graph, settings, status)) {
                status.throwExceptionIfNotOK();
                return list(session, status);
            }
        }
    }

    /**
     * Names the GPUs in the log, since nobody wants to learn where a model computes by the time that it takes.
     *
     * @return whether there is one
     */
    public static boolean announceGpus(DeviceOptions options) {
        List<Device> gpus = of(options).stream().filter(Device::isGpu).toList();
        gpus.forEach(gpu -> log.log(System.Logger.Level.INFO, "computes on {0}", gpu));
        return !gpus.isEmpty();
    }

    private static List<Device> list(TF_Session session, TF_Status status) {
        TF_DeviceList found = tensorflow.TF_SessionListDevices(session, status);
        try {
            status.throwExceptionIfNotOK();
            List<Device> devices = new ArrayList<>();
            for (int i = 0; i < tensorflow.TF_DeviceListCount(found); i++) {
                String name = tensorflow.TF_DeviceListName(found, i, status).getString();
                String type = tensorflow.TF_DeviceListType(found, i, status).getString();
                long memory = tensorflow.TF_DeviceListMemoryBytes(found, i, status);
                status.throwExceptionIfNotOK();
                devices.add(new Device(name.substring(name.indexOf("device:") + "device:".length()), type, memory));
            }
            return devices;
        } finally {
            tensorflow.TF_DeleteDeviceList(found);
        }
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%s, %d MiB", name, memoryBytes >> 20);
    }
}
