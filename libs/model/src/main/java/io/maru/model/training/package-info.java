/** Trains a model: forwards, backwards and AdamW, over any number of parts, devices and processes. */
package io.maru.model.training;
