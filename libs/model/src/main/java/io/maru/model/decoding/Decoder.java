package io.maru.model.decoding;

import io.maru.formats.SafetensorsFile;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.device.Device;
import io.maru.model.device.DeviceOptions;
import io.maru.model.kernel.Kernels;
import io.maru.model.kernel.Parameters;
import io.maru.model.layer.Context;
import io.maru.model.layer.ResidualStream;
import io.maru.model.layer.Transformer;
import io.maru.model.layer.WholeContext;
import io.maru.model.objective.CrossEntropy;
import io.maru.model.tensor.Tensors;
import io.maru.model.tensor.TokenIds;
import io.maru.model.weights.Weights;
import java.util.Arrays;
import java.util.List;
import org.tensorflow.Graph;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;

/**
 * Runs a trained model: continues one text token by token, and scores texts.
 *
 * <pre>
 *   float[] logits = decoder.prefill(prompt);
 *   while (...) {
 *       logits = decoder.step(sampler.next(logits));
 *   }
 * </pre>
 *
 * <p>Not safe for use by several threads.
 */
public final class Decoder implements AutoCloseable {
    /** Logits that {@link #score} holds at once: 256 MiB of them. */
    private static final long MAX_SCORED_LOGITS = 1 << 26;

    private final DecoderConfig config;
    private final Graph graph = new Graph();
    private final Session session;

    private final Placeholder<TInt32> fresh; // (1, T)
    private final Placeholder<TInt32> past; // scalar
    private final Operand<TFloat32> nextLogits; // (1, V)

    private final Placeholder<TInt32> inputs; // (B, T)
    private final Placeholder<TInt32> targets; // (B * T)
    private final Operand<TFloat32> negativeLogLikelihood; // (B * T)

    private int length;

    private Decoder(Weights weights, DeviceOptions options) {
        config = weights.config();
        Ops tf = Ops.create(graph);
        Parameters parameters = new Parameters(tf, config);
        Transformer<TFloat32> model = Transformer.of(Kernels.plain(tf, parameters), config);

        fresh = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(1, Shape.UNKNOWN_SIZE)));
        past = tf.placeholder(TInt32.class, Placeholder.shape(Shape.scalar()));
        KeyValueCache cache = new KeyValueCache(tf, config, past, size(tf, fresh, 1));
        nextLogits = model.logits(lastRow(tf, model.stream(fresh, cache)));

        inputs = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE, Shape.UNKNOWN_SIZE)));
        targets = tf.placeholder(TInt32.class, Placeholder.shape(Shape.of(Shape.UNKNOWN_SIZE)));
        Context<TFloat32> whole = WholeContext.ofTexts(tf, config, size(tf, inputs, 0), size(tf, inputs, 1));
        negativeLogLikelihood = CrossEntropy.ofEach(tf, model.logits(model.stream(inputs, whole)), targets);

        Device.announceGpus(options);
        session = new Session(graph, options.session());
        parameters.assign(session, weights);
        cache.allocate(session);
    }

    public static Decoder load(Weights weights, DeviceOptions options) {
        return new Decoder(weights, options);
    }

    /**
     * Loads weights from a file, which may be closed afterwards.
     *
     * @throws UnsupportedModelException if its tensors are not those of {@code config}
     */
    public static Decoder load(DecoderConfig config, SafetensorsFile file, DeviceOptions options) {
        return new Decoder(Weights.of(config, file), options);
    }

    public DecoderConfig config() {
        return config;
    }

    /** Tokens in the context: what was prefilled and stepped. */
    public int length() {
        return length;
    }

    /**
     * Forgets what was there and reads a prompt.
     *
     * @param prompt token ids, at least one (T)
     * @return logits of the token after the prompt (V)
     * @throws ContextOverflowException if the prompt is longer than the model's block
     */
    public float[] prefill(int[] prompt) {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt: 0 tokens (expected: at least 1)");
        }
        length = 0;
        return append(prompt);
    }

    /**
     * Reads one more token.
     *
     * @return logits of the token after it (V)
     * @throws ContextOverflowException if the model has no position for it; the context stays as it is
     * @throws IllegalStateException if nothing was prefilled
     */
    public float[] step(int token) {
        if (length == 0) {
            throw new IllegalStateException("step: on an empty context (expected: after prefill)");
        }
        return append(new int[] {token});
    }

    /**
     * How likely the model finds a text: for each token but the first, the log-probability given those before it, in nats.
     * A text longer than the block is cut into windows of that many predictions, each of which sees only itself. The
     * context of {@link #step} is left alone.
     *
     * @param tokens token ids, at least two
     * @return one number less than there are tokens
     */
    public double[] score(int[] tokens) {
        if (tokens.length < 2) {
            throw new IllegalArgumentException("tokens: " + tokens.length + " (expected: at least 2)");
        }
        TokenIds.require("tokens", tokens, config.vocabularySize());
        int predictions = tokens.length - 1;
        double[] scores = new double[predictions];
        int time = Math.min(config.block(), predictions);
        int windows = predictions / time;
        int batch = (int) Math.max(1, MAX_SCORED_LOGITS / ((long) time * config.vocabularySize()));
        for (int window = 0; window < windows; window += batch) {
            score(tokens, window * time, Math.min(batch, windows - window), time, scores);
        }
        int rest = predictions - windows * time;
        if (rest > 0) {
            score(tokens, windows * time, 1, rest, scores);
        }
        return scores;
    }

    @Override
    public void close() {
        session.close();
        graph.close();
    }

    private float[] append(int[] tokens) {
        TokenIds.require("tokens", tokens, config.vocabularySize());
        int longer = Math.addExact(length, tokens.length);
        if (longer > config.block()) {
            throw new ContextOverflowException(longer, config.block());
        }
        try (TInt32 fedTokens = Tensors.of(Shape.of(1, tokens.length), tokens);
                TInt32 fedPast = TInt32.scalarOf(length);
                Result result = session.runner()
                        .feed(fresh, fedTokens)
                        .feed(past, fedPast)
                        .fetch(nextLogits)
                        .run()) {
            length = longer;
            return Tensors.floats(result.get(0));
        }
    }

    private void score(int[] tokens, int from, int windows, int time, double[] scores) {
        int end = from + windows * time;
        try (TInt32 fedInputs = Tensors.of(Shape.of(windows, time), Arrays.copyOfRange(tokens, from, end));
                TInt32 fedTargets = TInt32.vectorOf(Arrays.copyOfRange(tokens, from + 1, end + 1));
                Result result = session.runner()
                        .feed(inputs, fedInputs)
                        .feed(targets, fedTargets)
                        .fetch(negativeLogLikelihood)
                        .run()) {
            float[] nats = Tensors.floats(result.get(0));
            for (int i = 0; i < nats.length; i++) {
                scores[from + i] = -nats[i];
            }
        }
    }

    private static Operand<TInt32> size(Ops tf, Operand<TInt32> ids, int axis) {
        return tf.unstack(tf.shape(ids), 2L).output().get(axis);
    }

    /** Only what comes after the last token is asked for: the head is the largest product of a step. */
    private ResidualStream<TFloat32> lastRow(Ops tf, ResidualStream<TFloat32> rows) {
        Operand<TInt32> first = tf.stack(List.of(tf.math.sub(size(tf, fresh, 1), tf.constant(1)), tf.constant(0)));
        Operand<TInt32> size = tf.constant(new int[] {1, -1});
        return new ResidualStream<>(
                tf.slice(rows.x(), first, size), rows.added().map(added -> tf.slice(added, first, size))); // (1, C)
    }
}
