package io.maru.control.app;

import io.maru.control.domain.Progress;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.Stage;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A stage whose service says what the test wrote down for it, and otherwise is done at the second question. */
final class FakeStage implements StageWork {
    private static final Map<Stage, Result> PRODUCTS = Map.of(
            Stage.INGEST, Result.CORPUS,
            Stage.TRAIN_TOKENIZER, Result.TOKENIZER,
            Stage.ENCODE, Result.DATASET,
            Stage.TRAIN, Result.TRAINING_JOB,
            Stage.PUBLISH, Result.MODEL_VERSION,
            Stage.EVALUATE, Result.EVALUATION,
            Stage.SERVE, Result.SAMPLE);

    /** Request ids that had an effect. */
    final Set<String> effects = new HashSet<>();

    int questions;
    int cancels;

    private final Stage stage;
    private final Deque<Report> script = new ArrayDeque<>();

    FakeStage(Stage stage) {
        this.stage = stage;
    }

    void says(Report... reports) {
        script.addAll(List.of(reports));
    }

    @Override
    public Report advance(Run run, Recipe recipe) {
        questions++;
        if (run.result(PRODUCTS.get(stage)).isEmpty()) {
            effects.add(stage.requestId(run.name()));
        }
        if (!script.isEmpty()) {
            return script.remove();
        }
        return run.result(PRODUCTS.get(stage)).isEmpty() ? working(0) : finished();
    }

    @Override
    public Report cancel(Run run) {
        cancels++;
        return script.isEmpty() ? new Report.Cancelled(stage + " was cancelled") : script.remove();
    }

    Report working(long done) {
        return new Report.Working(Progress.of(done, 100, "steps"), made());
    }

    Report paused(long done) {
        return new Report.Working(Progress.of(done, 100, "steps"), true, made(), "because");
    }

    Report finished() {
        return new Report.Finished(Progress.of(100, 100, "steps"), made(), stage + " is done");
    }

    private Map<Result, String> made() {
        return Map.of(PRODUCTS.get(stage), "made by " + stage);
    }
}
