/** Decides which tokens a training step sees, as a pure function of the dataset, the seed and the step. */
package io.maru.model.data;
