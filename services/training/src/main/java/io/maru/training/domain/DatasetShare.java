package io.maru.training.domain;

/**
 * A dataset that is mixed into the job's own.
 *
 * @param dataset its full name
 * @param weight how often its rows come, against the other weights
 */
public record DatasetShare(String dataset, double weight) {}
