package io.maru.control.app;

/** Makes the conductor look at a run before its time; without effect on a run that is final or unknown. */
@FunctionalInterface
public interface Wake {
    void soon(String run);
}
