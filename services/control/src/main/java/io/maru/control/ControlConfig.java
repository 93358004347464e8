package io.maru.control;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;

/** What an operator may tune of control. */
@ConfigMapping(prefix = "maru.control")
public interface ControlConfig {
    /** Threads that conduct runs. One is kept only while it talks to a service; more let more models load at a time. */
    @WithDefault("4")
    @Min(1)
    @Max(64)
    int conductors();

    /** Between two looks at a run, and between two events of mere progress. Shorter: livelier, and more calls and rows. */
    @WithDefault("500")
    @Min(50)
    long pollMillis();

    /** A service that does not answer a command or question for this long is taken for one that is down. */
    @WithDefault("10000")
    @Min(100)
    long callMillis();

    /** The same for what takes long by its nature: publishing a model, loading it, writing a sample. */
    @WithDefault("600000")
    @Min(1000)
    long longCallMillis();

    /** Runs that may be unfinished at a time; more are refused. */
    @WithDefault("1000")
    @Min(1)
    long maxOpenRuns();
}
