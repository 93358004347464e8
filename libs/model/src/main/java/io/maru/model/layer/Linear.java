package io.maru.model.layer;

import io.maru.model.configuration.Parameter;
import io.maru.model.kernel.Differentiable;
import io.maru.model.kernel.Kernels;
import org.tensorflow.Operand;
import org.tensorflow.types.family.TFloating;

/** A linear map of each row: y = x W, or W x with W as the transpose, and a bias if it has one. */
final class Linear<A extends TFloating> {
    private final Kernels<A> kernels;
    private final String name;
    /** Whether the weight is stored as (out, in), as Llama's are, and not as (in, out), as GPT-2's. */
    private final boolean outByIn;

    private final boolean biased;

    private Linear(Kernels<A> kernels, String name, boolean outByIn, boolean biased) {
        this.kernels = kernels;
        this.name = name;
        this.outByIn = outByIn;
        this.biased = biased;
    }

    /** With a weight (in, out) and a bias (out). */
    static <A extends TFloating> Linear<A> biased(Kernels<A> kernels, String name) {
        return new Linear<>(kernels, name, false, true);
    }

    /** With a weight (in, out); its bias is left to whoever reads y. */
    static <A extends TFloating> Linear<A> withoutItsBias(Kernels<A> kernels, String name) {
        return new Linear<>(kernels, name, false, false);
    }

    /** With a weight (out, in), and no bias. */
    static <A extends TFloating> Linear<A> unbiased(Kernels<A> kernels, String name) {
        return outByIn(kernels, name, false);
    }

    /** With a weight (out, in), and a bias (out) or none. */
    static <A extends TFloating> Linear<A> outByIn(Kernels<A> kernels, String name, boolean biased) {
        return new Linear<>(kernels, name, true, biased);
    }

    /** Maps (N, in) to (N, out). */
    Differentiable<A> apply(Operand<A> x) {
        Operand<A> weight = kernels.weight(name);
        Operand<A> product = kernels.product(x, weight, false, outByIn);
        Operand<A> y = biased ? kernels.tf().nn.biasAdd(product, kernels.bias(name)) : product;
        return new Differentiable<>(y, (dy, gradients) -> {
            Operand<A> dWeight = outByIn ? kernels.weightGradient(dy, x) : kernels.weightGradient(x, dy);
            gradients.add(Parameter.weight(name), dWeight);
            if (biased) {
                gradients.add(Parameter.bias(name), kernels.columnSums(dy));
            }
            return kernels.product(dy, weight, false, !outByIn);
        });
    }
}
