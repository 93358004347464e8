package io.maru.model.training;

import io.maru.formats.SafetensorsFile;
import io.maru.model.configuration.Parameter;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.kernel.Fusion;
import io.maru.model.kernel.Gradients;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Operands;
import io.maru.model.kernel.Parameters;
import io.maru.model.tensor.FloatVariable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;

/**
 * AdamW inside a graph: clips the gradients, then moves each weight.
 *
 * <pre>
 *   g = g min(1, clipNorm / |g|)                  |g| over all weights together
 *   m = m + (1 - beta1) (g - m)                   v = v + (1 - beta2) (g^2 - v)
 *   w = w - rate decay w                          matrices only
 *   w = w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 * </pre>
 *
 * A step whose loss or |g| is no number, or whose loss is above a limit, leaves every bit as it was.
 */
final class Optimizer {
    private static final String MEAN = "adam.mean.";
    private static final String SQUARE = "adam.square.";
    private static final String STEP = "step";
    /** Keeps the division by the norm finite; the same as in PyTorch's clip_grad_norm_. */
    private static final float NORM_EPSILON = 1e-6f;

    /** Numbers of the tensors that are moved in one call. */
    private static final long GROUP_ELEMENTS = 1 << 20;

    private final AdamW adamW;
    private final Fusion fusion;
    /** The moments under the names they are saved by. */
    private final Map<String, FloatVariable> moments = new LinkedHashMap<>();

    private final Placeholder<TFloat32> rates; // (4)
    private final Placeholder<TFloat32> lossLimit; // ()
    private final Operand<TFloat32> gradientNorm;
    private final List<Op> updates = new ArrayList<>();

    /**
     * @param learnt the weights that learn; none other has moments
     * @param loss of the whole batch
     * @param norm of the gradients, as {@link #norm} has it
     */
    Optimizer(
            Ops tf,
            List<Parameter> learnt,
            AdamW adamW,
            Parameters parameters,
            Gradients gradients,
            Operand<TFloat32> loss,
            Operand<TFloat32> norm,
            Fusion fusion) {
        this.adamW = adamW;
        this.fusion = fusion;
        rates = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(4)));
        lossLimit = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.scalar()));
        gradientNorm = norm;
        // What is no number is not less than any.
        Operand<TBool> taken = tf.math.logicalAnd(
                tf.math.lessEqual(loss, lossLimit), tf.math.lessEqual(gradientNorm, tf.constant(Float.MAX_VALUE)));
        Operand<TFloat32> clip = tf.math.minimum(
                tf.constant(1f),
                tf.math.div(tf.constant(adamW.clipNorm()), tf.math.add(gradientNorm, tf.constant(NORM_EPSILON))));
        for (Parameter parameter : learnt) {
            moment(tf, MEAN + parameter.name(), parameter.shape());
            moment(tf, SQUARE + parameter.name(), parameter.shape());
        }
        for (List<Parameter> together : groups(learnt)) {
            update(tf, together, parameters, gradients, clip, taken);
        }
    }

    /**
     * Small tensors are moved together, since each call costs some time. Large ones are not: where they do not change in
     * place, old and new lie side by side.
     */
    private static List<List<Parameter>> groups(List<Parameter> all) {
        List<List<Parameter>> groups = new ArrayList<>();
        long elements = GROUP_ELEMENTS;
        for (Parameter parameter : all) {
            if (elements + parameter.elements() > GROUP_ELEMENTS) {
                groups.add(new ArrayList<>());
                elements = 0;
            }
            groups.get(groups.size() - 1).add(parameter);
            elements += parameter.elements();
        }
        return groups;
    }

    private void update(
            Ops tf,
            List<Parameter> group,
            Parameters parameters,
            Gradients gradients,
            Operand<TFloat32> clip,
            Operand<TBool> taken) {
        List<FloatVariable> changed = new ArrayList<>();
        List<Operand<?>> inputs = new ArrayList<>(List.of(rates, clip, taken));
        StringBuilder name = new StringBuilder("adamW");
        for (Parameter parameter : group) {
            changed.add(parameters.variable(parameter.name()));
            changed.add(moments.get(MEAN + parameter.name()));
            changed.add(moments.get(SQUARE + parameter.name()));
            inputs.add(gradients.of(parameter.name()));
            name.append(parameter.isMatrix() ? 'M' : 'V');
        }
        // Whatever reads a weight for this step has read it: the gradients' norm needs all of them.
        updates.addAll(fusion.update(tf, name.toString(), changed, inputs, (graph, in) -> {
            List<Operand<TFloat32>> all = new ArrayList<>();
            for (int i = 0; i < group.size(); i++) {
                all.addAll(moved(graph, in, i, group.size(), group.get(i).isMatrix()));
            }
            return all;
        }));
    }

    /**
     * Weight, mean and square of a tensor after the step.
     *
     * @param in those of all the tensors in the group before it, then what they have in common, then their gradients
     */
    private List<Operand<TFloat32>> moved(Ops tf, Operands in, int tensor, int tensors, boolean decays) {
        int first = 3 * tensor;
        int common = 3 * tensors;
        List<Output<TFloat32>> rate = tf.unstack(in.wide(common), 4L).output();
        Operand<TFloat32> clip = in.wide(common + 1);
        Operand<TBool> taken = in.at(common + 2, TBool.class);
        Operand<TFloat32> one = tf.constant(1f);
        Operand<TFloat32> weight = in.wide(first);
        Operand<TFloat32> gradient = tf.math.mul(in.wide(common + 3 + tensor), clip);
        Operand<TFloat32> mean = towards(tf, in.wide(first + 1), gradient, 1 - adamW.beta1());
        Operand<TFloat32> square = towards(tf, in.wide(first + 2), tf.math.square(gradient), 1 - adamW.beta2());
        Operand<TFloat32> step = tf.math.div(
                tf.math.mul(mean, rate.get(1)),
                tf.math.add(tf.math.mul(tf.math.sqrt(square), rate.get(2)), rate.get(3)));
        Operand<TFloat32> kept = decays
                ? tf.math.mul(weight, tf.math.sub(one, tf.math.mul(rate.get(0), tf.constant(adamW.weightDecay()))))
                : weight;
        return List.of(
                tf.select(taken, tf.math.sub(kept, step), weight),
                tf.select(taken, mean, in.wide(first + 1)),
                tf.select(taken, square, in.wide(first + 2)));
    }

    private static Operand<TFloat32> towards(Ops tf, Operand<TFloat32> from, Operand<TFloat32> to, float part) {
        return tf.math.add(from, tf.math.mul(tf.math.sub(to, from), tf.constant(part)));
    }

    /** What a step's {@link #rates} are fed to. */
    Placeholder<TFloat32> rates() {
        return rates;
    }

    /** What a loss above which no step is taken is fed to. */
    Placeholder<TFloat32> lossLimit() {
        return lossLimit;
    }

    /** Length of the gradient before clipping. */
    Operand<TFloat32> gradientNorm() {
        return gradientNorm;
    }

    /** What a step runs. */
    List<Op> updates() {
        return updates;
    }

    /**
     * The numbers that one step differs from another by.
     *
     * @param step counted from 1
     */
    float[] rates(long step, float learningRate) {
        double meanCorrection = 1 - StrictMath.pow(adamW.beta1(), (double) step);
        double squareCorrection = 1 - StrictMath.pow(adamW.beta2(), (double) step);
        return new float[] {
            learningRate,
            (float) (learningRate / meanCorrection),
            (float) (1 / StrictMath.sqrt(squareCorrection)),
            adamW.epsilon()
        };
    }

    /** Before the first step the moments are zero. */
    void reset(Session session) {
        FloatVariable.clear(session, moments.values());
    }

    /** Under the names they are saved by. */
    Map<String, FloatVariable> moments() {
        return moments;
    }

    /**
     * What is noted in the file that the moments are saved to.
     *
     * @param step optimiser steps taken
     */
    Map<String, String> notes(long step) {
        return Map.of("format", "pt", STEP, Long.toString(step));
    }

    /**
     * @return optimiser steps taken when the file was saved
     * @throws UnsupportedModelException if the file is no optimiser's state for this model
     */
    long restore(Session session, SafetensorsFile file) {
        for (Map.Entry<String, FloatVariable> moment : moments.entrySet()) {
            String name = moment.getKey();
            Shape expected = moment.getValue().shape();
            Shape found = file.contains(name) ? Shape.of(file.info(name).shape()) : null;
            if (!expected.equals(found)) {
                throw new UnsupportedModelException("tensor " + name, found == null ? "absent" : found, expected);
            }
        }
        TreeSet<String> unknown = new TreeSet<>(file.names());
        unknown.removeAll(moments.keySet());
        if (!unknown.isEmpty()) {
            throw new UnsupportedModelException(
                    "tensors", unknown, "none but the moments of the " + moments.size() / 2 + " weights that learn");
        }
        FloatVariable.assign(session, moments.values(), (moment, into) -> file.floats(moment.name(), into));
        String step = file.metadata().get(STEP);
        if (step == null || !step.matches("\\d{1,18}")) {
            throw new UnsupportedModelException("metadata " + STEP, step, "a count");
        }
        return Long.parseLong(step);
    }

    private void moment(Ops tf, String name, Shape shape) {
        moments.put(name, new FloatVariable(tf, name, shape));
    }

    /** Of the gradients of all weights together. Its last bits may differ from one device to another. */
    static Operand<TFloat32> norm(Ops tf, List<Parameter> learnt, Gradients gradients) {
        List<Operand<TFloat32>> halfSquares = learnt.stream()
                .<Operand<TFloat32>>map(
                        parameter -> tf.nn.l2Loss(Kernels.cast(tf, gradients.of(parameter.name()), TFloat32.class)))
                .toList();
        return tf.math.sqrt(tf.math.mul(tf.constant(2f), tf.math.addN(halfSquares)));
    }
}
