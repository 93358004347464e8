package io.maru.checkpoint.domain;

import io.maru.platform.name.ResourceName;
import java.util.List;
import java.util.Optional;

/**
 * Where a model version comes from.
 *
 * @param parents full names of what it is made of: a checkpoint, or an import
 * @param dataset full name of what its weights were trained on; empty where nobody knows
 * @param tokenizer full name of its tokenizer; empty where nobody knows
 * @param run that it was made in; empty for none
 * @param caller who asked for it
 */
public record Origin(List<String> parents, String dataset, String tokenizer, String run, String caller) {
    public Origin {
        parents = List.copyOf(parents);
    }

    public static Origin of(Checkpoint checkpoint, String caller) {
        return new Origin(
                List.of(checkpoint.name().toString()),
                checkpoint.dataset(),
                checkpoint.tokenizer(),
                checkpoint.name().run(),
                caller);
    }

    /** The checkpoint among the parents. */
    public Optional<CheckpointName> checkpoint() {
        return parents.stream()
                .filter(parent ->
                        ResourceName.fits(ResourceName.relative(parent), "runs/{run}/checkpoints/{checkpoint}"))
                .map(parent -> CheckpointName.parse("parents", parent))
                .findFirst();
    }

    /** The full name of the import among the parents. */
    public Optional<String> foreign() {
        return parents.stream()
                .filter(parent -> ResourceName.fits(ResourceName.relative(parent), "imports/{import}"))
                .findFirst();
    }
}
