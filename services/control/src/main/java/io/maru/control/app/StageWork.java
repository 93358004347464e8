package io.maru.control.app;

import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Run;

/** What one stage asks of the service that does it. Neither method throws because of the service: its report tells. */
public interface StageWork {
    /** Commands the work, if the run does not know it to be commanded, or asks how it goes. May be repeated at any time. */
    Report advance(Run run, Recipe recipe);

    /** Asks the work to stop, whether or not it was commanded. May be repeated at any time. */
    Report cancel(Run run);
}
