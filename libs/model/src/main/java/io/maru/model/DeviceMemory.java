package io.maru.model;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_SessionOptions;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;

/** How much memory sessions have on the devices of this machine. */
public final class DeviceMemory {
    private DeviceMemory() {}

    /**
     * Bytes that TensorFlow may take on the smallest of the GPUs; nothing where it sees none. It loads TensorFlow, and makes
     * ready each GPU.
     */
    public static OptionalLong ofGpus(DeviceOptions device) {
        return smallest(device, "GPU");
    }

    static OptionalLong smallest(DeviceOptions device, String type) {
        try (PointerScope scope = new PointerScope()) {
            TF_Status status = TF_Status.newStatus();
            TF_SessionOptions options = TF_SessionOptions.newSessionOptions();
            byte[] config = device.session().toByteArray();
            tensorflow.TF_SetConfig(options, new BytePointer(config), config.length, status);
            status.throwExceptionIfNotOK();
            TF_Session session = TF_Session.newSession(TF_Graph.newGraph(), options, status);
            status.throwExceptionIfNotOK();
            TF_DeviceList devices = tensorflow.TF_SessionListDevices(session, status);
            status.throwExceptionIfNotOK();
            OptionalLong smallest = OptionalLong.empty();
            for (int i = 0; i < tensorflow.TF_DeviceListCount(devices); i++) {
                String found = tensorflow.TF_DeviceListType(devices, i, status).getString(StandardCharsets.US_ASCII);
                long bytes = tensorflow.TF_DeviceListMemoryBytes(devices, i, status);
                status.throwExceptionIfNotOK();
                if (found.equals(type)) {
                    smallest = OptionalLong.of(Math.min(bytes, smallest.orElse(bytes)));
                }
            }
            tensorflow.TF_DeleteDeviceList(devices);
            return smallest;
        }
    }
}
