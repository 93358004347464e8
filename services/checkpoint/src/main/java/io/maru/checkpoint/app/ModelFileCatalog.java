package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.ModelFile;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Knows which files were uploaded, and when somebody last wanted them. */
public interface ModelFileCatalog {
    /**
     * Tells that a file's object is about to be written, so that it is collected some day even if nobody writes it.
     *
     * @return whether it is there already
     */
    boolean expect(String workspace, ModelFile file);

    /** Tells that the file's object is there, whole. */
    void stored(String workspace, ModelFile file);

    /** The digests of those files that are there, of the same size. They count as wanted just now. */
    Set<String> present(String workspace, List<ModelFile> files);

    /** Names some that nobody has wanted for so long, and that no import waits for. They are there no more from now on. */
    List<String> unwanted(Duration age, int limit);

    /** Forgets one of {@link #unwanted}, having its object deleted first; does nothing where somebody wants it again. */
    void forget(String name, Duration age, Runnable deletion);
}
