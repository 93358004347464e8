package io.maru.model.exchange;

import io.maru.formats.Content;
import io.maru.formats.DType;
import io.maru.formats.HalfPrecision;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.WritableByteChannel;

/** A tensor as the bytes that it has in a safetensors file of a type. */
record TensorContent(ModelTensors tensors, Parameter parameter, DType dtype) implements Content {
    private static final int PIECE_BYTES = 1 << 18;
    /** The least magnitude that rounds to infinity. */
    private static final float F16_OVERFLOW = 65_520;

    @Override
    public void writeTo(WritableByteChannel out) throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        tensors.read(parameter, values -> {
            if (dtype == DType.F16) {
                requireF16(parameter.name(), values);
            }
            while (values.hasRemaining()) {
                fill(piece.clear(), values);
                piece.flip();
                while (piece.hasRemaining()) {
                    out.write(piece);
                }
            }
        });
    }

    /** A number that is too large would become infinite, and the model's answers no numbers. */
    static void requireF16(String tensor, FloatBuffer values) {
        for (int i = values.position(); i < values.limit(); i++) {
            if (Math.abs(values.get(i)) >= F16_OVERFLOW) {
                throw new UnsupportedModelException("tensor " + tensor, values.get(i), "at most 65504, as F16 has it");
            }
        }
    }

    private void fill(ByteBuffer piece, FloatBuffer values) {
        int count = Math.min(values.remaining(), piece.remaining() / dtype.bytes());
        for (int i = 0; i < count; i++) {
            switch (dtype) {
                case F32 -> piece.putFloat(values.get());
                case F16 -> piece.putShort(HalfPrecision.toF16(values.get()));
                case BF16 -> piece.putShort(HalfPrecision.toBf16(values.get()));
                default -> throw new IllegalArgumentException(dtype + " (expected: F32, F16 or BF16)");
            }
        }
    }
}
