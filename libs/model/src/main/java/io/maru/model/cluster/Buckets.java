package io.maru.model.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/*
 * Many small sums cost a meeting each, and one large sum cannot begin before its last part is there. So tensors are laid
 * end to end and cut into pieces of one size:
 *
 *     tensors   [ wte .............................. ][ wpe ][ b ][ w ............ ]
 *     buckets   |              |              |              |              |
 */
/** Adds up many tensors over a group at once. */
public final class Buckets {
    /** Numbers in one. */
    public static final int ELEMENTS = 10_000_000;

    private final List<Ops> places;
    private final Collective group;
    private final int elements;

    public Buckets(List<Ops> places, Collective group, int elements) {
        this.places = places;
        this.group = group;
        this.elements = elements;
    }

    /** Part of a tensor that lies in one bucket. */
    private record Piece(int tensor, long from, long size) {}

    /**
     * @param shapes of the tensors
     * @param each for each place, tensors of these shapes in this order
     * @return for each place their sums
     */
    public List<List<Operand<TFloat32>>> sum(List<Shape> shapes, List<List<Operand<TFloat32>>> each) {
        List<List<Operand<TFloat32>>> flat = each(place -> each.get(place).stream()
                .<Operand<TFloat32>>map(tensor -> places.get(place).reshape(tensor, flat(place)))
                .toList());
        List<List<List<Operand<TFloat32>>>> parts = each(place -> new ArrayList<>());
        for (List<Piece> bucket : buckets(shapes)) {
            List<Operand<TFloat32>> sum = group.sum(each(place -> joined(
                    place,
                    bucket.stream()
                            .map(piece -> slice(place, flat.get(place).get(piece.tensor), piece.from, piece.size))
                            .toList())));
            for (int place = 0; place < places.size(); place++) {
                List<List<Operand<TFloat32>>> of = parts.get(place);
                long at = 0;
                for (Piece piece : bucket) {
                    while (of.size() <= piece.tensor) {
                        of.add(new ArrayList<>());
                    }
                    of.get(piece.tensor).add(slice(place, sum.get(place), at, piece.size));
                    at += piece.size;
                }
            }
        }
        return each(place -> IntStream.range(0, shapes.size())
                .<Operand<TFloat32>>mapToObj(tensor -> places.get(place)
                        .reshape(
                                joined(place, parts.get(place).get(tensor)),
                                places.get(place).constant(shapes.get(tensor).asArray())))
                .toList());
    }

    private List<List<Piece>> buckets(List<Shape> shapes) {
        List<List<Piece>> buckets = new ArrayList<>();
        long left = 0;
        for (int tensor = 0; tensor < shapes.size(); tensor++) {
            long size = shapes.get(tensor).size();
            for (long from = 0; from < size; ) {
                if (left == 0) {
                    buckets.add(new ArrayList<>());
                    left = elements;
                }
                long piece = Math.min(left, size - from);
                buckets.get(buckets.size() - 1).add(new Piece(tensor, from, piece));
                from += piece;
                left -= piece;
            }
        }
        return buckets;
    }

    private Operand<TFloat32> joined(int place, List<Operand<TFloat32>> parts) {
        Ops tf = places.get(place);
        return parts.size() == 1 ? parts.get(0) : tf.concat(parts, tf.constant(0));
    }

    private Operand<TFloat32> slice(int place, Operand<TFloat32> flat, long from, long size) {
        if (flat.shape().size() == size) {
            return flat;
        }
        Ops tf = places.get(place);
        return tf.slice(flat, tf.constant(new long[] {from}), tf.constant(new long[] {size}));
    }

    private Operand<TInt32> flat(int place) {
        return places.get(place).constant(new int[] {-1});
    }

    private <T> List<T> each(IntFunction<T> made) {
        return IntStream.range(0, places.size()).mapToObj(made).toList();
    }
}
