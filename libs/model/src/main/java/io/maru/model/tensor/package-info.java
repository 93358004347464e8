/**
 * Moves numbers between Java and TensorFlow, and keeps them in a session's variables. For the other packages of this module
 * alone.
 */
package io.maru.model.tensor;
