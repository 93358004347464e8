package io.maru.control.app;

import io.maru.control.domain.Recipe;

/** What training would refuse of a recipe. */
@FunctionalInterface
public interface TrainingCheck {
    /**
     * @param vocabulary tokens that the model is to know
     * @throws io.maru.platform.error.Refusal RECIPE_INVALID
     */
    void check(Recipe recipe, int vocabulary);
}
