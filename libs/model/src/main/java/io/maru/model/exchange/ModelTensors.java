package io.maru.model.exchange;

import io.maru.formats.DType;
import io.maru.formats.GgufContent;
import io.maru.formats.HalfPrecision;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;

/** The tensors of a model under Hugging Face's names and in its layout, whatever file they lie in. */
interface ModelTensors {
    /** Gives the type that a parameter is stored in; F32 if safetensors has no such type. */
    DType dtype(Parameter parameter);

    /** Hands the numbers of a parameter on in order, in pieces that are whole rows. */
    void read(Parameter parameter, GgufContent.Taker taker) throws IOException;

    /**
     * Gives the type of a file that keeps every number: F16 or BF16 if some matrix has it, and whatever has another type, as
     * vectors have in GGUF, loses nothing by it; else F32.
     */
    default DType common(DecoderConfig config) throws IOException {
        Set<DType> halves = EnumSet.noneOf(DType.class);
        for (Parameter parameter : config.parameters()) {
            if (parameter.isMatrix() && dtype(parameter) != DType.F32) {
                halves.add(dtype(parameter));
            }
        }
        if (halves.size() != 1) {
            return DType.F32;
        }
        DType half = halves.iterator().next();
        for (Parameter parameter : config.parameters()) {
            if (dtype(parameter) != half && !fits(parameter, half)) {
                return DType.F32;
            }
        }
        return half;
    }

    private boolean fits(Parameter parameter, DType dtype) throws IOException {
        boolean[] fits = {true};
        read(parameter, values -> {
            while (values.hasRemaining()) {
                float value = values.get();
                float kept =
                        switch (dtype) {
                            case F16 -> HalfPrecision.ofF16(HalfPrecision.toF16(value));
                            case BF16 -> HalfPrecision.ofBf16(HalfPrecision.toBf16(value));
                            default -> value;
                        };
                fits[0] &= Float.floatToIntBits(kept) == Float.floatToIntBits(value);
            }
        });
        return fits[0];
    }
}
