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
     * Gives the type of a file that keeps every number: that of all matrices, if the vectors, which GGUF has in F32, lose
     * nothing by it; else F32.
     */
    default DType common(DecoderConfig config) throws IOException {
        Set<DType> ofMatrices = EnumSet.noneOf(DType.class);
        for (Parameter parameter : config.parameters()) {
            if (parameter.isMatrix()) {
                ofMatrices.add(dtype(parameter));
            }
        }
        DType common = ofMatrices.size() == 1 ? ofMatrices.iterator().next() : DType.F32;
        for (Parameter parameter : config.parameters()) {
            if (dtype(parameter) != common && !fits(parameter, common)) {
                return DType.F32;
            }
        }
        return common;
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
