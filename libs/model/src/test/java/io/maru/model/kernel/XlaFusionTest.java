package io.maru.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.model.TestModels;
import io.maru.model.tensor.FloatVariable;
import io.maru.model.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

class XlaFusionTest {
    private static final int LARGE = 1 << 20;

    private final Graph graph = new Graph();
    private final Ops tf = Ops.create(graph);
    private final XlaFusion fusion = new XlaFusion(graph);
    private final FloatVariable one = new FloatVariable(tf, "one", Shape.of(LARGE / 4, 4));
    private final FloatVariable other = new FloatVariable(tf, "other", Shape.of(LARGE));
    private final FloatVariable small = new FloatVariable(tf, "small", Shape.of(3));
    private final List<Op> updateLarge = update(one, other);
    private final List<Op> updateSmallToo = update(one, small);
    private final Session session = new Session(graph, TestModels.TWO_THREADS.session());

    @AfterEach
    void close() {
        session.close();
        graph.close();
    }

    @Test
    void changesLargeVariablesWhereTheyLie() {
        fill(one, 3);
        fill(other, 5);
        long oneAt = address(one);
        long otherAt = address(other);

        run(updateLarge);

        assertThat(numbers(one)).containsOnly(6).hasSize(LARGE);
        assertThat(numbers(other)).containsOnly(7).hasSize(LARGE);
        assertThat(address(one)).isEqualTo(oneAt);
        assertThat(address(other)).isEqualTo(otherAt);
    }

    @Test
    void whoeverStillReadsTheOldNumbersKeepsThem() {
        fill(one, 3);
        fill(other, 5);
        try (Result held = session.runner().fetch(one.value()).run()) {
            run(updateLarge);

            assertThat(Tensors.floats(held.get(0))).containsOnly(3);
            assertThat(numbers(one)).containsOnly(6);
        }
    }

    @Test
    void changesSmallVariablesToo() {
        fill(one, 3);
        fill(small, 5);

        run(updateSmallToo);

        assertThat(numbers(one)).containsOnly(6).hasSize(LARGE);
        assertThat(numbers(small)).containsExactly(7, 7, 7);
    }

    /** Twice the first, and two more than the second. */
    private List<Op> update(FloatVariable first, FloatVariable second) {
        return fusion.update(
                tf,
                "update",
                List.of(first, second),
                List.of(tf.constant(2f)),
                (within, in) ->
                        List.of(within.math.mul(in.wide(0), in.wide(2)), within.math.add(in.wide(1), in.wide(2))));
    }

    private void fill(FloatVariable variable, float value) {
        float[] values = new float[(int) variable.shape().size()];
        Arrays.fill(values, value);
        variable.assign(session, into -> into.put(values));
    }

    private void run(List<Op> updates) {
        Session.Runner runner = session.runner();
        updates.forEach(runner::addTarget);
        runner.run().close();
    }

    private float[] numbers(FloatVariable variable) {
        try (Result result = session.runner().fetch(variable.value()).run()) {
            return Tensors.floats(result.get(0));
        }
    }

    private long address(FloatVariable variable) {
        try (Result result = session.runner().fetch(variable.value()).run()) {
            return new FloatPointer(Tensors.view((TFloat32) result.get(0))).address();
        }
    }
}
