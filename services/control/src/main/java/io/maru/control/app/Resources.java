package io.maru.control.app;

import io.maru.platform.error.Violations;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the services have that a recipe may name. */
@FunctionalInterface
public interface Resources {
    /**
     * A resource that is there and ready. A model serves as a tokenizer: its own is meant.
     *
     * @param name as the recipe writes it
     * @param roles that it may have, any of them
     * @param path in the recipe, of the violation where there is no such resource or it is not ready
     * @throws io.maru.platform.error.Refusal NEIGHBOUR_UNAVAILABLE where nobody can say now
     */
    Optional<Resource> find(String name, List<String> roles, String path, Violations violations);

    /**
     * A resource.
     *
     * @param name in full; of a model, with its version
     * @param numbers what is known of it, by name: {@code vocabulary_size}
     */
    record Resource(String name, Map<String, Double> numbers) {
        public Resource {
            numbers = Map.copyOf(numbers);
        }
    }
}
