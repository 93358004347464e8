package io.maru.model;

import java.nio.FloatBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Session;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TFloat32;

/** The weights of a model inside a graph. */
final class Parameters {
    private final GptConfig config;
    private final Map<String, FloatVariable> variables = new LinkedHashMap<>();

    Parameters(Ops tf, GptConfig config) {
        this.config = config;
        for (Parameter parameter : config.parameters()) {
            variables.put(parameter.name(), new FloatVariable(tf, parameter.name(), parameter.shape()));
        }
    }

    FloatVariable variable(String name) {
        return variables.get(name);
    }

    Operand<TFloat32> weight(String box) {
        return variable(Parameter.weight(box)).value();
    }

    Operand<TFloat32> bias(String box) {
        return variable(Parameter.bias(box)).value();
    }

    void assign(Session session, Weights weights) {
        if (!weights.config().equals(config)) {
            throw new IllegalArgumentException("weights: of " + weights.config() + " (expected: of " + config + ")");
        }
        variables.forEach((name, variable) -> variable.assign(session, weights.get(name)));
    }

    Weights read(Session session) {
        return Weights.read(config, name -> FloatBuffer.wrap(variable(name).read(session)));
    }
}
