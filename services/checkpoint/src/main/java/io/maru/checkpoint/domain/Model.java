package io.maru.checkpoint.domain;

import java.util.List;

/**
 * A model that has at least one published version.
 *
 * @param name its full name
 * @param versions how many are published
 * @param sequence order of the first versions
 */
public record Model(String name, ModelVersion newest, long versions, List<Alias> aliases, long sequence) {
    public Model {
        aliases = List.copyOf(aliases);
    }
}
