package io.maru.evaluation.store;

import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.v1.EvaluationCompleted;
import io.maru.evaluation.v1.EvaluationFailed;
import io.maru.metrics.LanguageModelScore;
import io.maru.platform.event.Fact;

/** What evaluation tells on {@code maru.evaluation.v1}. */
final class EvaluationFacts {
    private EvaluationFacts() {}

    /** {@code maru.evaluation.completed.v1} */
    static Fact completed(Evaluation evaluation) {
        LanguageModelScore score = evaluation.tally().score();
        return Fact.of(
                "maru.evaluation.completed.v1",
                evaluation.name(),
                evaluation.run(),
                EvaluationCompleted.newBuilder()
                        .setEvaluation(evaluation.name())
                        .setModelVersion(evaluation.modelVersion())
                        .setDataset(evaluation.dataset())
                        .setScoredTokens(score.tokens())
                        .setPerplexity(score.perplexity())
                        .setBitsPerByte(score.bitsPerByte())
                        .build());
    }

    /** {@code maru.evaluation.failed.v1} */
    static Fact failed(Evaluation evaluation) {
        return Fact.of(
                "maru.evaluation.failed.v1",
                evaluation.name(),
                evaluation.run(),
                EvaluationFailed.newBuilder()
                        .setEvaluation(evaluation.name())
                        .setReason(evaluation.failureReason())
                        .setMessage(evaluation.failureMessage())
                        .build());
    }
}
