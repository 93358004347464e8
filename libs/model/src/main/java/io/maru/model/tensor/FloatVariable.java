package io.maru.model.tensor;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.op.core.VarHandleOp;
import org.tensorflow.types.TFloat32;

/** A tensor that lives in a session from one run to the next. It holds nothing until {@link #assign}. */
public final class FloatVariable {
    /** Numbers that are assigned in one run, and lie in memory twice meanwhile. */
    private static final long RUN_ELEMENTS = 1 << 24;

    private final String name;
    private final Shape shape;
    private final VarHandleOp handle;
    private final Operand<TFloat32> value;
    private final Placeholder<TFloat32> assigned;
    private final Op assign;

    public FloatVariable(Ops tf, String name, Shape shape) {
        this.name = name;
        this.shape = shape;
        handle = tf.varHandleOp(TFloat32.class, shape, VarHandleOp.sharedName(name));
        value = tf.readVariableOp(handle, TFloat32.class);
        assigned = tf.placeholder(TFloat32.class, Placeholder.shape(shape));
        assign = tf.assignVariableOp(handle, assigned);
    }

    public String name() {
        return name;
    }

    public Shape shape() {
        return shape;
    }

    /** What an operation that changes the variable takes. */
    public VarHandleOp handle() {
        return handle;
    }

    /**
     * What the variable holds at the start of a run. Fetched, it stays so whatever steps are taken: a variable whose memory
     * somebody else holds is given new memory by the next operation that changes it.
     */
    public Operand<TFloat32> value() {
        return value;
    }

    /** @param values puts all of them */
    public void assign(Session session, Consumer<FloatBuffer> values) {
        assign(session, List.of(this), (variable, into) -> values.accept(into));
    }

    /**
     * In few runs, since TensorFlow prepares each different one for long.
     *
     * @param values puts all of a variable's
     */
    public static void assign(
            Session session, Collection<FloatVariable> all, BiConsumer<FloatVariable, FloatBuffer> values) {
        List<TFloat32> fed = new ArrayList<>();
        try {
            Session.Runner runner = session.runner();
            long elements = 0;
            for (FloatVariable variable : all) {
                TFloat32 tensor = Tensors.of(variable.shape, into -> values.accept(variable, into));
                fed.add(tensor);
                runner.feed(variable.assigned, tensor).addTarget(variable.assign);
                elements += variable.shape.size();
                if (elements >= RUN_ELEMENTS) {
                    runner.run().close();
                    fed.forEach(Tensor::close);
                    fed.clear();
                    runner = session.runner();
                    elements = 0;
                }
            }
            if (!fed.isEmpty()) {
                runner.run().close();
            }
        } finally {
            fed.forEach(Tensor::close);
        }
    }

    /** Makes all of them zero. */
    public static void clear(Session session, Collection<FloatVariable> all) {
        // Fed, and not made in the graph: TensorFlow folds those into a constant, which the session holds to its end.
        assign(session, all, (variable, values) -> {
            while (values.hasRemaining()) {
                values.put(0);
            }
        });
    }

    /** @param reader is lent the numbers for as long as it runs */
    public <E extends Exception> void read(Session session, Reader<E> reader) throws E {
        try (Result result = session.runner().fetch(value).run()) {
            reader.read(Tensors.view((TFloat32) result.get(0)));
        }
    }

    /** What is done with a variable's numbers. */
    @FunctionalInterface
    public interface Reader<E extends Exception> {
        void read(FloatBuffer values) throws E;
    }
}
