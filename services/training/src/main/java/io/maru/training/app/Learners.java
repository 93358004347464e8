package io.maru.training.app;

import io.maru.model.training.Learner;
import java.io.IOException;
import java.nio.file.Path;

/** Makes learners, which take a job's steps: in this process, or in as many as the job has workers. */
public interface Learners {
    /**
     * From weights without moments.
     *
     * @throws io.maru.platform.error.Refusal WORKERS_MISSING, which may pass
     * @throws TrainerLostException where another process is lost
     */
    Learner begin(HeldJob held, int workers, TrainerSetup setup, FirstWeights first)
            throws IOException, InterruptedException;

    /**
     * From what a learner saved in {@code folder}.
     *
     * @throws io.maru.model.configuration.UnsupportedModelException if what lies there is of another model
     */
    Learner resume(HeldJob held, int workers, TrainerSetup setup, Path folder) throws IOException, InterruptedException;
}
