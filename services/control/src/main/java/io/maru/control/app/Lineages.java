package io.maru.control.app;

import io.maru.control.domain.Lineage;

/** Knows what was made of what. */
@FunctionalInterface
public interface Lineages {
    /**
     * What something was made of, back to the sources; of a document, what was made of it, up to model versions.
     *
     * @param name in full: of a model version, a checkpoint, a dataset, a tokenizer, a corpus, or a document of a corpus
     * @throws io.maru.platform.error.Refusal of the service that does not know it, or NEIGHBOUR_UNAVAILABLE
     */
    Lineage of(String name);
}
