/** Holds a model's weights outside of any graph: initial ones from a seed, or those of a safetensors file. */
package io.maru.model.weights;
