package io.maru.model.kernel;

import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.model.tensor.FloatVariable;
import io.maru.model.weights.Weights;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.family.TFloating;

/** The weights of a model inside a graph. */
public final class Parameters {
    private final Ops tf;
    private final DecoderConfig config;
    private final Map<String, FloatVariable> variables = new LinkedHashMap<>();
    private final Map<Cast, Operand<?>> casts = new HashMap<>();

    public Parameters(Ops tf, DecoderConfig config) {
        this.tf = tf;
        this.config = config;
        for (Parameter parameter : config.parameters()) {
            variables.put(parameter.name(), new FloatVariable(tf, parameter.name(), parameter.shape()));
        }
    }

    public FloatVariable variable(String name) {
        return variables.get(name);
    }

    public Collection<FloatVariable> variables() {
        return variables.values();
    }

    public <T extends TFloating> Operand<T> weight(String box, Class<T> type) {
        return value(Parameter.weight(box), type);
    }

    public <T extends TFloating> Operand<T> bias(String box, Class<T> type) {
        return value(Parameter.bias(box), type);
    }

    /** However many boxes read a weight as one type, it is cast once. */
    private <T extends TFloating> Operand<T> value(String name, Class<T> type) {
        return casts.computeIfAbsent(
                        new Cast(name, type),
                        key -> Kernels.cast(tf, variable(name).value(), type))
                .asOutput()
                .expect(type);
    }

    private record Cast(String name, Class<?> type) {}

    public void assign(Session session, Weights weights) {
        if (!weights.config().equals(config)) {
            throw new IllegalArgumentException("weights: of " + weights.config() + " (expected: of " + config + ")");
        }
        FloatVariable.assign(session, variables.values(), (variable, into) -> weights.put(variable.name(), into));
    }

    /** As they are in a session, whenever they are read. */
    public Weights in(Session session) {
        return Weights.read(config, (name, into) -> variable(name).read(session, into::put));
    }
}
