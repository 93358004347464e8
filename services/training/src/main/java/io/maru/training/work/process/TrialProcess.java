package io.maru.training.work.process;

import io.maru.model.data.Batch;
import io.maru.training.app.FirstWeights;
import io.maru.training.app.TrainerLostException;
import io.maru.training.app.TrainerSetup;
import io.maru.training.app.TrialTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Runs a trainer process on trial: where memory runs out, it is the first to go. */
public final class TrialProcess implements TrialTrainer {
    private static final System.Logger log = System.getLogger(TrialProcess.class.getName());
    private static final String FIRST_TO_GO = "1000";

    private final TrainerProcess process;

    private TrialProcess(TrainerProcess process) {
        this.process = process;
    }

    /** @param limit of each answer */
    public static TrialProcess start(Duration limit) throws IOException {
        TrainerProcess process = TrainerProcess.start(limit);
        try {
            Files.writeString(Path.of("/proc", Long.toString(process.pid()), "oom_score_adj"), FIRST_TO_GO);
        } catch (IOException e) {
            // Then Linux takes the larger of the two, which is most often the right one.
            log.log(System.Logger.Level.WARNING, "trial: oom_score_adj: {0}", e.getMessage());
        }
        return new TrialProcess(process);
    }

    @Override
    public void begin(TrainerSetup setup, long seed) {
        process.begin(setup, FirstWeights.of(seed));
    }

    @Override
    public void step(Batch batch, float learningRate) {
        process.step(batch, learningRate);
    }

    @Override
    public void hold() {
        // Until the process ends.
        process.snapshot();
    }

    @Override
    public long peakBytes() {
        try {
            return process.peakResidentBytes();
        } catch (TrainerLostException e) {
            return 0;
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
