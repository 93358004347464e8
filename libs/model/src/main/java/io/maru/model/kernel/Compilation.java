package io.maru.model.kernel;

/** Where XLA compiles the small expressions between the products. */
public enum Compilation {
    /** Nowhere: each operation has its own kernel. */
    NONE,
    /** On CPUs, where TensorFlow's own elementwise kernels are slow. */
    ON_CPUS,
    /** On GPUs, too. There XLA wants more of CUDA than TensorFlow's kernels do: libdevice, and ptxas. */
    EVERYWHERE;

    public boolean applies(boolean gpu) {
        return switch (this) {
            case NONE -> false;
            case ON_CPUS -> !gpu;
            case EVERYWHERE -> true;
        };
    }
}
