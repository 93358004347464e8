package io.maru.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.ConcreteFunction;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Signature;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.VersionDef;
import org.tensorflow.types.family.TType;

/**
 * Each expression as a function that XLA compiles, which passes over memory once where TensorFlow's operations would once
 * each. Only expressions: products are faster in oneDNN.
 *
 * <pre>
 *   graph      ... MatMul --> PartitionedCall(f = gelu) --> MatMul ...
 *   library    gelu: Mul, Square, Sigmoid, ...      _XlaMustCompile
 * </pre>
 *
 * Equal expressions of all layers are one function, and are compiled once.
 */
final class XlaFusion implements Fusion {
    private static final String MUST_COMPILE = "_XlaMustCompile";
    private static final AttrValue TRUE = AttrValue.newBuilder().setB(true).build();

    private final Graph graph;
    private final VersionDef versions;
    private final Map<Key, Function> functions = new HashMap<>();

    XlaFusion(Graph graph) {
        this.graph = graph;
        this.versions = graph.toGraphDef().getVersions();
    }

    /** What tells one compiled function from another. */
    private record Key(String name, List<Typed> inputs) {}

    private record Function(String name, List<Typed> outputs) {
        DataType[] types() {
            return outputs.stream().map(Typed::type).toArray(DataType[]::new);
        }
    }

    private record Typed(DataType type, Shape shape) {}

    @Override
    public List<? extends Operand<?>> lay(
            Ops tf, String name, List<? extends Operand<?>> inputs, Expression expression) {
        List<Typed> taken = inputs.stream()
                .map(input -> new Typed(input.asOutput().dataType(), input.shape()))
                .toList();
        Function function = functions.computeIfAbsent(
                new Key(name, taken), key -> imported(name + functions.size(), inputs, expression));
        GraphOperation call = (GraphOperation) tf.scope()
                .opBuilder("PartitionedCall", name)
                .addInputList(inputs.stream().map(Operand::asOutput).toArray(Output<?>[]::new))
                .setAttr("Tin", taken.stream().map(Typed::type).toArray(DataType[]::new))
                .setAttr("Tout", function.types())
                .setAttr(
                        "f",
                        AttrValue.newBuilder()
                                .setFunc(NameAttrList.newBuilder().setName(function.name()))
                                .build())
                // The kernel looks here, the placement of functions there.
                .setAttr(MUST_COMPILE, true)
                .build();
        List<Output<?>> made = new ArrayList<>();
        for (int i = 0; i < function.outputs().size(); i++) {
            // TensorFlow does not look into a function for the shapes of what it returns.
            made.add(tf.ensureShape(call.output(i), function.outputs().get(i).shape())
                    .asOutput());
        }
        return made;
    }

    private Function imported(String name, List<? extends Operand<?>> inputs, Expression expression) {
        List<Typed> outputs = new ArrayList<>();
        FunctionDef definition;
        try (ConcreteFunction function =
                ConcreteFunction.create(tf -> signature(tf, name, inputs, expression, outputs))) {
            FunctionDef bare = function.getFunctionDef();
            definition = bare.toBuilder()
                    .setSignature(bare.getSignature().toBuilder().setName(name))
                    .putAttr(MUST_COMPILE, TRUE)
                    // Inlined, its operations would be the graph's again.
                    .putAttr("_noinline", TRUE)
                    .build();
        }
        graph.importGraphDef(GraphDef.newBuilder()
                .setVersions(versions)
                .setLibrary(FunctionDefLibrary.newBuilder().addFunction(definition))
                .build());
        return new Function(name, outputs);
    }

    private static Signature signature(
            Ops tf, String name, List<? extends Operand<?>> inputs, Expression expression, List<Typed> outputs) {
        Signature.Builder signature = Signature.builder().key(name);
        List<Operand<?>> taken = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            Operand<?> placeholder = placeholder(tf, inputs.get(i));
            taken.add(placeholder);
            signature.input("in" + i, placeholder);
        }
        List<? extends Operand<?>> made = expression.of(tf, new Values(tf, taken));
        for (int i = 0; i < made.size(); i++) {
            signature.output("out" + i, made.get(i));
            outputs.add(new Typed(made.get(i).asOutput().dataType(), made.get(i).shape()));
        }
        return signature.build();
    }

    private static <T extends TType> Placeholder<T> placeholder(Ops tf, Operand<T> like) {
        return tf.placeholder(like.type(), Placeholder.shape(like.shape()));
    }
}
