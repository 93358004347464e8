package io.maru.control.app;

import java.util.OptionalLong;

/** The texts that runs may be made of. */
@FunctionalInterface
public interface SourceSizes {
    /** In bytes; nothing where there is no such text. */
    OptionalLong size(String source);
}
