package io.maru.model.exchange;

import io.maru.formats.GgufContent;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.function.IntUnaryOperator;

/*
 * Llama's rotary positions turn the numbers of a head in pairs. Hugging Face pairs number i with number i + D/2, llama.cpp
 * the numbers 2i and 2i + 1, so the rows of a head's queries and keys stand in another order. With D = 6:
 *
 *     row of Hugging Face   0  1  2  3  4  5
 *     row of GGUF           0  2  4  1  3  5
 */

/** The rows of a matrix, of which some are read at a time, in the order that another file has them in. */
@FunctionalInterface
interface Rows {
    /** Numbers of a piece. */
    int PIECE = 1 << 16;
    /** Numbers of the columns that are turned into rows at a time: 16 MiB. */
    int STRIPE = 1 << 22;

    /** Puts some rows into a buffer; its position moves behind them. */
    void read(long first, int count, FloatBuffer into) throws IOException;

    /** Hands all rows on as they stand. */
    default void inOrder(long rows, int width, GgufContent.Taker taker) throws IOException {
        int piece = (int) Math.min(rows, Math.max(1, PIECE / width));
        FloatBuffer values = FloatBuffer.allocate(Math.multiplyExact(piece, width));
        for (long first = 0; first < rows; first += piece) {
            int count = (int) Math.min(piece, rows - first);
            read(first, count, values.clear());
            taker.take(values.flip());
        }
    }

    /**
     * Hands on the rows of head after head, each in another order.
     *
     * @param from tells which row of a head comes at a place in it
     */
    default void byHead(long rows, int width, int headWidth, IntUnaryOperator from, GgufContent.Taker taker)
            throws IOException {
        FloatBuffer head = FloatBuffer.allocate(Math.multiplyExact(headWidth, width));
        for (long first = 0; first < rows; first += headWidth) {
            read(first, headWidth, head.clear());
            for (int row = 0; row < headWidth; row++) {
                taker.take(head.slice(from.applyAsInt(row) * width, width));
            }
        }
    }

    /** Which row of GGUF stands at a row of Hugging Face's head. */
    static int ofGguf(int row, int headWidth) {
        int half = headWidth / 2;
        return 2 * (row % half) + row / half;
    }

    /** Which row of Hugging Face stands at a row of GGUF's head. */
    static int ofHuggingFace(int row, int headWidth) {
        int half = headWidth / 2;
        return row % 2 * half + row / 2;
    }

    /** Hands the columns on as rows. All rows are read for each stripe of columns that memory has room for. */
    default void transposed(int rows, int width, GgufContent.Taker taker) throws IOException {
        int stripe = Math.min(width, Math.max(1, STRIPE / rows));
        FloatBuffer columns = FloatBuffer.allocate(Math.multiplyExact(stripe, rows));
        for (int first = 0; first < width; first += stripe) {
            int left = first;
            int count = Math.min(stripe, width - first);
            int[] row = {0};
            inOrder(rows, width, values -> {
                for (; values.hasRemaining(); values.position(values.position() + width)) {
                    for (int column = 0; column < count; column++) {
                        columns.put(column * rows + row[0], values.get(values.position() + left + column));
                    }
                    row[0]++;
                }
            });
            taker.take(columns.clear().limit(count * rows));
        }
    }
}
