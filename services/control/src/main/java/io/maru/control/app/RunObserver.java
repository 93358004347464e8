package io.maru.control.app;

import io.maru.control.domain.Run;
import io.maru.control.domain.RunStatus;

/** Is told of what a run has just become. */
@FunctionalInterface
public interface RunObserver {
    void changed(Run before, RunStatus after);
}
