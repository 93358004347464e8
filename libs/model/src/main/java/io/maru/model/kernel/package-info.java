/**
 * Offers what every layer is made of: products, small expressions that XLA compiles, dropout, gradients, and the weights
 * inside a graph. {@link io.maru.model.kernel.Precision} and {@link io.maru.model.kernel.Compilation} are for everybody, the
 * rest for the other packages of this module alone.
 */
package io.maru.model.kernel;
