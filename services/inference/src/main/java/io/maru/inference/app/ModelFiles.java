package io.maru.inference.app;

import io.maru.inference.domain.ModelVersion;
import java.io.IOException;
import java.nio.file.Path;

/** The files of model versions, as local files. */
public interface ModelFiles {
    /**
     * The folder that holds all files of the version, each with the size and digest that the version tells.
     *
     * @throws io.maru.platform.error.Refusal OBJECT_MISSING, OBJECT_CORRUPT with the file's name, or
     *     OBJECT_STORE_UNAVAILABLE
     */
    Path fetch(ModelVersion version) throws IOException;
}
