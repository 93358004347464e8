/**
 * Joins devices and processes that train one model: sums over all of them, and commands from rank 0 to the others. {@link
 * io.maru.model.cluster.Cluster} and {@link io.maru.model.cluster.ClusterLostException} are for everybody, the rest for {@code
 * training} alone.
 */
package io.maru.model.cluster;
