/** Measures what a model is worth. Each formula names its source; a metric of nothing is an error, not NaN. */
package io.maru.metrics;
