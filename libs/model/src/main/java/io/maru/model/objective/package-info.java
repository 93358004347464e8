/** Says what a model learns: the loss of its logits, and the gradient of that loss. */
package io.maru.model.objective;
