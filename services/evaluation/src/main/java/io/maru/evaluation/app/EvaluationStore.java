package io.maru.evaluation.app;

import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.NewEvaluation;
import java.util.List;
import java.util.Optional;

/** Keeps the evaluations. */
public interface EvaluationStore {
    /** Creates it, PENDING, and offers it to the workers. False, and nothing happens, where its name or request is taken. */
    boolean create(NewEvaluation evaluation);

    Optional<Evaluation> find(String name);

    Optional<Evaluation> createdBy(String requestKey);

    /** Lists those of a workspace with a smaller sequence than {@code before}, newest first. */
    List<Evaluation> list(String workspace, long before, int limit);

    /** One that waits becomes CANCELLED, one that runs CANCELLING; any other stays as it is. */
    void cancel(String name);
}
