package io.maru.training.domain;

import java.util.List;

/**
 * What is mixed into the job's own dataset.
 *
 * @param weight of the own dataset beside those of the others
 * @param others whose training splits are mixed in
 */
public record DataMix(double weight, List<Share> others) {
    /** The own dataset alone. */
    public static final DataMix NONE = new DataMix(1, List.of());

    /**
     * @param dataset {@code datasets/{dataset}}
     * @param weight how often its rows come, against the other weights
     */
    public record Share(String dataset, double weight) {}

    public DataMix {
        others = List.copyOf(others);
    }
}
