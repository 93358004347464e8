package io.maru.checkpoint.domain;

import io.maru.platform.error.CommonReason;

/**
 * What others read a model version as.
 *
 * @param type of the weights
 */
public record ExportForm(Format format, Type type) {
    /** Which program it is for. */
    public enum Format {
        /** A directory that transformers loads. */
        HUGGING_FACE,
        /** One file that llama.cpp loads. */
        GGUF
    }

    /** A type of weights. */
    public enum Type {
        /** The one that they are stored in. */
        AS_STORED,
        F32,
        F16,
        BF16,
        /** Blocks of 32 with a common scale. */
        Q8_0
    }

    public ExportForm {
        if (format == Format.HUGGING_FACE && type == Type.Q8_0) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "dtype: %s (expected: F32, F16 or BF16, or %s)", type, Format.GGUF);
        }
    }
}
