package io.maru.evaluation.work;

import io.maru.evaluation.app.Evaluator;
import io.maru.evaluation.app.Journal;
import io.maru.platform.work.Claim;
import io.maru.platform.work.Worker;
import java.io.IOException;
import java.util.function.Function;

/** Evaluates, one evaluation for each claim. */
public final class EvaluationWork implements Worker.Work {
    private final Evaluator evaluator;
    private final Function<Claim, Journal> journals;

    /** @param journals of the evaluation that is claimed */
    public EvaluationWork(Evaluator evaluator, Function<Claim, Journal> journals) {
        this.evaluator = evaluator;
        this.journals = journals;
    }

    @Override
    public void perform(Claim claim) throws IOException, InterruptedException {
        evaluator.evaluate(journals.apply(claim));
    }

    @Override
    public void fail(Claim claim, String reason, String message) {
        journals.apply(claim).fail(reason, message);
    }
}
