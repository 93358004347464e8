package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.CheckpointName;
import java.util.function.Consumer;

/** Ends the removal of one deleted checkpoint's files. For the one worker that holds it. */
public interface CheckpointRemoval {
    /**
     * Has the files removed and ends the work, in one transaction; nobody can register the checkpoint meanwhile. Where it is
     * no longer DELETED, its files stay.
     */
    void remove(Consumer<CheckpointName> files);

    /** Ends the work with files left behind. */
    void giveUp();
}
