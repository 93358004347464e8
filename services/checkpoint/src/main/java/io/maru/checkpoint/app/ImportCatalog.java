package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.ImportRequest;
import io.maru.checkpoint.domain.ModelImport;
import java.util.Optional;

/** Knows which imports there are. */
public interface ImportCatalog {
    Optional<ModelImport> find(String name);

    Optional<ModelImport> findByRequest(String requestKey);

    /** Creates an import and offers it to the workers; empty where its request or its name is taken. */
    Optional<ModelImport> create(String name, ImportRequest request);

    /** Cancels one that is not final; empty where there is none. */
    Optional<ModelImport> cancel(String name);
}
