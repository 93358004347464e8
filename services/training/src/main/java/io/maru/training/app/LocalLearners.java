package io.maru.training.app;

import io.maru.model.training.Learner;
import io.maru.model.training.Trainer;
import java.io.IOException;
import java.nio.file.Path;

/** Trainers in this process; for jobs of one worker. */
public final class LocalLearners implements Learners {
    @Override
    public Learner begin(HeldJob held, int workers, TrainerSetup setup, FirstWeights first) throws IOException {
        return first.make(
                setup.decoder(), weights -> Trainer.create(setup.task(), weights, setup.options(), setup.device()));
    }

    @Override
    public Learner resume(HeldJob held, int workers, TrainerSetup setup, Path folder) throws IOException {
        return Trainer.resume(setup.task(), folder, setup.options(), setup.device());
    }
}
