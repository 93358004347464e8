package io.maru.training.app;

import io.maru.model.training.Learner;
import io.maru.model.training.Trainer;
import io.maru.model.weights.Weights;
import java.io.IOException;
import java.nio.file.Path;

/** Trainers in this process; for jobs of one worker. */
public final class LocalLearners implements Learners {
    @Override
    public Learner begin(HeldJob held, int workers, TrainerSetup setup, long seed) {
        Weights initial = Weights.initial(setup.decoder(), seed);
        return Trainer.create(setup.decoder(), setup.adamW(), setup.batch(), initial, setup.options(), setup.device());
    }

    @Override
    public Learner resume(HeldJob held, int workers, TrainerSetup setup, Path folder) throws IOException {
        return Trainer.resume(setup.decoder(), setup.adamW(), setup.batch(), folder, setup.options(), setup.device());
    }
}
