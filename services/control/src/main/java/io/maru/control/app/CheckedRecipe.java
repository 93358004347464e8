package io.maru.control.app;

import io.maru.control.domain.Recipe;

/**
 * A recipe that would be taken.
 *
 * @param readsSources whether a run of it needs sources
 */
public record CheckedRecipe(Recipe recipe, Planner.Planned planned, boolean readsSources) {}
