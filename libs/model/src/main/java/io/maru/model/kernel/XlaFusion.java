package io.maru.model.kernel;

import io.maru.model.tensor.FloatVariable;
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
import org.tensorflow.op.Op;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.VersionDef;
import org.tensorflow.types.TFloat32;

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
public final class XlaFusion implements Fusion {
    private static final String MUST_COMPILE = "_XlaMustCompile";
    private static final AttrValue TRUE = AttrValue.newBuilder().setB(true).build();

    /** Numbers of a variable from which on it changes in place. */
    private static final long IN_PLACE = 1 << 20;

    private final Graph graph;
    private final VersionDef versions;
    private final Map<Key, Function> functions = new HashMap<>();

    public XlaFusion(Graph graph) {
        this.graph = graph;
        this.versions = graph.toGraphDef().getVersions();
    }

    /**
     * New values beside the old ones are memory, and holes: what lives as long as the session moves about with each step.
     * That counts for large variables alone, and in place a loop may be slower: its sides overlap, which XLA's newer runtime
     * on CPUs does not expect (docs/operations.md, {@code XLA_FLAGS}).
     */
    static boolean changesInPlace(Shape shape) {
        return shape.size() >= IN_PLACE;
    }

    /** What tells one compiled function from another. */
    private record Key(String name, List<Typed> inputs) {}

    private record Function(String name, List<Typed> outputs) {
        DataType[] types() {
            return outputs.stream().map(Typed::type).toArray(DataType[]::new);
        }
    }

    private record Typed(DataType type, Shape shape) {
        static List<Typed> all(List<? extends Operand<?>> operands) {
            return operands.stream()
                    .map(operand -> new Typed(operand.asOutput().dataType(), operand.shape()))
                    .toList();
        }
    }

    @Override
    public List<? extends Operand<?>> lay(
            Ops tf, String name, List<? extends Operand<?>> inputs, Expression expression) {
        Function function = functions.computeIfAbsent(
                new Key(name, Typed.all(inputs)), key -> imported(name + functions.size(), inputs, expression));
        GraphOperation call = call(tf, "PartitionedCall", name, inputs, function);
        List<Output<?>> made = new ArrayList<>();
        for (int i = 0; i < function.outputs().size(); i++) {
            // TensorFlow does not look into a function for the shapes of what it returns.
            made.add(tf.ensureShape(call.output(i), function.outputs().get(i).shape())
                    .asOutput());
        }
        return made;
    }

    /** Large variables change where they lie: by a function that is handed them, and not what they hold. */
    @Override
    public List<Op> update(
            Ops tf,
            String name,
            List<FloatVariable> variables,
            List<? extends Operand<?>> inputs,
            Expression expression) {
        if (!variables.stream().allMatch(variable -> changesInPlace(variable.shape()))) {
            return Fusion.super.update(tf, name, variables, inputs, expression);
        }
        List<Operand<?>> taken = new ArrayList<>();
        variables.forEach(variable -> taken.add(variable.handle()));
        taken.addAll(inputs);
        // Handles of all shapes are alike.
        List<Shape> shapes = variables.stream().map(FloatVariable::shape).toList();
        Function function = functions.computeIfAbsent(
                new Key(name + shapes, Typed.all(taken)),
                key -> imported(name + functions.size(), taken, (graph, in) -> {
                    List<Operand<?>> values = new ArrayList<>(in.all());
                    for (int i = 0; i < shapes.size(); i++) {
                        Operand<?> handle = in.all().get(i);
                        values.set(i, graph.ensureShape(graph.readVariableOp(handle, TFloat32.class), shapes.get(i)));
                    }
                    List<? extends Operand<?>> made = expression.of(graph, new Operands(graph, values));
                    List<Op> assigned = new ArrayList<>();
                    for (int i = 0; i < shapes.size(); i++) {
                        assigned.add(graph.assignVariableOp(in.all().get(i), made.get(i)));
                    }
                    // What no output needs would be left out of the function.
                    return List.of(graph.withControlDependencies(assigned).constant(true));
                }));
        GraphOperation call = call(tf, "StatefulPartitionedCall", name, taken, function);
        return List.of(() -> call);
    }

    private static GraphOperation call(
            Ops tf, String type, String name, List<? extends Operand<?>> inputs, Function function) {
        return (GraphOperation) tf.scope()
                .opBuilder(type, name)
                .addInputList(inputs.stream().map(Operand::asOutput).toArray(Output<?>[]::new))
                .setAttr("Tin", Typed.all(inputs).stream().map(Typed::type).toArray(DataType[]::new))
                .setAttr("Tout", function.types())
                .setAttr(
                        "f",
                        AttrValue.newBuilder()
                                .setFunc(NameAttrList.newBuilder().setName(function.name()))
                                .build())
                // The kernel looks here, the placement of functions there.
                .setAttr(MUST_COMPILE, true)
                .build();
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
        List<? extends Operand<?>> made = expression.of(tf, new Operands(tf, taken));
        for (int i = 0; i < made.size(); i++) {
            signature.output("out" + i, made.get(i));
            outputs.add(new Typed(made.get(i).asOutput().dataType(), made.get(i).shape()));
        }
        return signature.build();
    }

    private static Operand<?> placeholder(Ops tf, Operand<?> like) {
        // By its bare type: a variable's handle has no class.
        return tf.scope()
                .opBuilder("Placeholder", "Placeholder")
                .setAttr("dtype", like.asOutput().dataType())
                .setAttr("shape", like.shape())
                .build()
                .output(0);
    }
}
