package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.ALIAS_MOVED;
import static io.maru.checkpoint.domain.CheckpointReason.ALIAS_NOT_FOUND;
import static io.maru.checkpoint.domain.CheckpointReason.MODEL_NOT_FOUND;

import io.maru.checkpoint.domain.Alias;
import io.maru.checkpoint.domain.AliasName;
import io.maru.checkpoint.domain.Model;
import io.maru.checkpoint.domain.ModelChange;
import io.maru.checkpoint.domain.ModelVersionName;
import io.maru.platform.error.CommonReason;
import java.util.List;
import java.util.Optional;

/** Tells of models, moves their aliases, and tells who did. */
public final class Models {
    private final ModelCatalog catalog;
    private final ModelVersions versions;

    public Models(ModelCatalog catalog, ModelVersions versions) {
        this.catalog = catalog;
        this.versions = versions;
    }

    /** @param name its full name */
    public Model get(String name) {
        return catalog.findModel(name)
                .orElseThrow(() -> MODEL_NOT_FOUND.because("%s: no such model (expected: one with a version)", name));
    }

    /** Lists the models of a workspace by name; {@code after} as in {@link ModelCatalog#listModels}. */
    public List<Model> list(String workspace, long after, int limit) {
        return catalog.listModels(workspace, after, limit);
    }

    /**
     * Lets an alias name a version of its model.
     *
     * @param expected full name of the version that it names now, or an empty text for none; empty for whatever it names
     * @throws io.maru.platform.error.Refusal MODEL_VERSION_NOT_FOUND; ALIAS_MOVED where it names another than expected
     */
    public Alias setAlias(AliasName name, ModelVersionName to, Optional<String> expected, String caller) {
        if (!to.model().equals(name.model())) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "model_version: %s (expected: a version of %s)", to, name.model());
        }
        versions.get(to);
        ModelCatalog.Move move = catalog.move(name, to, expected, caller);
        return move.alias()
                .orElseThrow(() -> ALIAS_MOVED.because(
                        "%s: it names %s (expected: %s, as the caller says)",
                        name,
                        move.found().map(ModelVersionName::toString).orElse("nothing"),
                        expected.filter(text -> !text.isEmpty()).orElse("nothing")));
    }

    /** @throws io.maru.platform.error.Refusal ALIAS_NOT_FOUND */
    public void deleteAlias(AliasName name, String caller) {
        if (!catalog.forget(name, caller)) {
            throw ALIAS_NOT_FOUND.because("%s: no such alias (expected: one that was set)", name);
        }
    }

    /** Lists the changes of a model, newest first. */
    public List<ModelChange> changes(String model, long before, int limit) {
        return catalog.changes(model, before, limit);
    }
}
