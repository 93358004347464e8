package io.maru.model.exchange;

import io.maru.formats.DType;
import io.maru.formats.GgufContent;
import io.maru.model.configuration.Parameter;
import io.maru.model.weights.StoredTensors;
import java.io.IOException;

/** Tensors of safetensors files, which are in Hugging Face's layout already. */
record SafetensorsTensors(StoredTensors stored) implements ModelTensors {
    @Override
    public DType dtype(Parameter parameter) {
        return stored.dtype(parameter.name());
    }

    @Override
    public void read(Parameter parameter, GgufContent.Taker taker) throws IOException {
        int width = width(parameter);
        rows(parameter).inOrder(parameter.elements() / width, width, taker);
    }

    Rows rows(Parameter parameter) {
        int width = width(parameter);
        return (first, count, into) -> stored.floats(parameter.name(), (int) (first * width), count * width, into);
    }

    /** Numbers of a row; a vector is one row. */
    static int width(Parameter parameter) {
        return (int) parameter.shape().get(parameter.shape().numDimensions() - 1);
    }
}
