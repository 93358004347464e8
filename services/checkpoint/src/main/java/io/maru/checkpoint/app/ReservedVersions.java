package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.ModelVersionName;
import java.time.Duration;
import java.util.function.Consumer;

/** Knows the version numbers that were taken and never published. */
public interface ReservedVersions {
    /**
     * Has the objects of one removed whose request did not come back for so long. Its number is not given again; a request that
     * does come back writes them anew.
     *
     * @return whether there was one
     */
    boolean forgetOne(Duration age, Consumer<ModelVersionName> removal);
}
