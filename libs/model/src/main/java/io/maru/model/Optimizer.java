package io.maru.model;

import io.maru.formats.DType;
import io.maru.formats.SafetensorsFile;
import io.maru.formats.SafetensorsWriter;
import io.maru.formats.SealedFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
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
 */
final class Optimizer {
    private static final String MEAN = "adam.mean.";
    private static final String SQUARE = "adam.square.";
    private static final String STEP = "step";
    /** Keeps the division by the norm finite; the same as in PyTorch's clip_grad_norm_. */
    private static final float NORM_EPSILON = 1e-6f;

    private final AdamW adamW;
    /** The moments under the names they are saved by. */
    private final Map<String, FloatVariable> moments = new LinkedHashMap<>();

    private final Placeholder<TFloat32> rates; // (4)
    private final Operand<TFloat32> gradientNorm;
    private final List<Op> updates = new ArrayList<>();

    Optimizer(Ops tf, DecoderConfig config, AdamW adamW, Parameters parameters, Gradients gradients) {
        this.adamW = adamW;
        rates = tf.placeholder(TFloat32.class, Placeholder.shape(Shape.of(4)));
        List<Output<TFloat32>> rate = tf.unstack(rates, 4L).output();

        List<Operand<TFloat32>> whole = config.parameters().stream()
                .map(parameter -> Kernels.cast(tf, gradients.of(parameter.name()), TFloat32.class))
                .toList();
        gradientNorm = norm(tf, whole);
        Operand<TFloat32> clip = tf.math.minimum(
                tf.constant(1f),
                tf.math.div(tf.constant(adamW.clipNorm()), tf.math.add(gradientNorm, tf.constant(NORM_EPSILON))));
        Operand<TFloat32> decay = tf.math.mul(rate.get(0), tf.constant(adamW.weightDecay()));

        List<Parameter> list = config.parameters();
        for (int i = 0; i < list.size(); i++) {
            Parameter parameter = list.get(i);
            FloatVariable weight = parameters.variable(parameter.name());
            FloatVariable mean = moment(tf, MEAN + parameter.name(), parameter.shape());
            FloatVariable square = moment(tf, SQUARE + parameter.name(), parameter.shape());
            Operand<TFloat32> gradient = tf.math.mul(whole.get(i), clip);
            Ops afterDecay = tf;
            if (parameter.isMatrix() && adamW.weightDecay() > 0) {
                // The gradients read the weights before anything here writes them: the norm needs all gradients, and
                // whatever writes a weight needs the norm.
                Operand<TFloat32> taken = tf.withControlDependencies(clip).math.mul(weight.value(), decay);
                afterDecay = tf.withControlDependencies(tf.assignSubVariableOp(weight.handle(), taken));
            }
            updates.add(afterDecay.train.resourceApplyAdam(
                    weight.handle(),
                    mean.handle(),
                    square.handle(),
                    rate.get(1),
                    rate.get(2),
                    rate.get(0),
                    tf.constant(adamW.beta1()),
                    tf.constant(adamW.beta2()),
                    rate.get(3),
                    gradient));
        }
    }

    /** What a step's {@link #rates} are fed to. */
    Placeholder<TFloat32> rates() {
        return rates;
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
        double beta1Power = StrictMath.pow(adamW.beta1(), (double) step);
        double beta2Power = StrictMath.pow(adamW.beta2(), (double) step);
        // TensorFlow adds epsilon to sqrt(v) before it corrects v's bias, the paper after. This makes them equal.
        double epsilon = adamW.epsilon() * StrictMath.sqrt(1 - beta2Power);
        return new float[] {learningRate, (float) beta1Power, (float) beta2Power, (float) epsilon};
    }

    /** Before the first step the moments are zero. */
    void reset(Session session) {
        moments.values().forEach(moment -> moment.assign(session, FloatBuffer.allocate(moment.size())));
    }

    /** @param step optimiser steps taken */
    SealedFile save(Session session, long step, Path file) throws IOException {
        try (SafetensorsWriter writer = SafetensorsWriter.create(file)) {
            writer.metadata("format", "pt").metadata(STEP, Long.toString(step));
            moments.forEach((name, moment) ->
                    writer.declare(name, DType.F32, moment.shape().asArray()));
            for (Map.Entry<String, FloatVariable> moment : moments.entrySet()) {
                writer.write(moment.getKey(), moment.getValue().read(session));
            }
            return writer.seal();
        }
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
            moment.getValue().assign(session, FloatBuffer.wrap(file.floats(name)));
        }
        String step = file.metadata().get(STEP);
        if (step == null || !step.matches("\\d{1,18}")) {
            throw new UnsupportedModelException("metadata " + STEP, step, "a count");
        }
        return Long.parseLong(step);
    }

    private FloatVariable moment(Ops tf, String name, Shape shape) {
        FloatVariable moment = new FloatVariable(tf, name, shape);
        moments.put(name, moment);
        return moment;
    }

    private static Operand<TFloat32> norm(Ops tf, List<Operand<TFloat32>> gradients) {
        List<Operand<TFloat32>> halfSquares = gradients.stream()
                .<Operand<TFloat32>>map(gradient -> tf.nn.l2Loss(gradient))
                .toList();
        return tf.math.sqrt(tf.math.mul(tf.constant(2f), tf.math.addN(halfSquares)));
    }
}
