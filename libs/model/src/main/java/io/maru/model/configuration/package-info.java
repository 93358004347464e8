/**
 * Says what a model is: its family, its shape, the name and shape of each weight, and Hugging Face's {@code config.json}.
 */
package io.maru.model.configuration;
