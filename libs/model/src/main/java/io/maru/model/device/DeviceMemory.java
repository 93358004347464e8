package io.maru.model.device;

import java.util.OptionalLong;

/** How much memory sessions have on the devices of this machine. */
public final class DeviceMemory {
    private DeviceMemory() {}

    /**
     * Bytes that TensorFlow may take on the smallest of the GPUs; nothing where it sees none. It loads TensorFlow, and makes
     * ready each GPU.
     */
    public static OptionalLong ofGpus(DeviceOptions device) {
        return min(device, "GPU");
    }

    static OptionalLong min(DeviceOptions device, String type) {
        return Device.of(device).stream()
                .filter(found -> found.type().equals(type))
                .mapToLong(Device::memoryBytes)
                .min();
    }
}
