package io.maru.evaluation.app;

import io.maru.evaluation.domain.Evaluation;
import io.maru.evaluation.domain.EvaluationReason;
import io.maru.evaluation.domain.NewEvaluation;
import io.maru.platform.error.CommonReason;
import java.util.List;
import java.util.Optional;

/** What callers may do with evaluations. */
public final class Evaluations {
    private final EvaluationStore store;
    private final SealedFolders folders;
    private final Runnable wakeWorker;

    public Evaluations(EvaluationStore store, SealedFolders folders, Runnable wakeWorker) {
        this.store = store;
        this.folders = folders;
        this.wakeWorker = wakeWorker;
    }

    /**
     * Queues an evaluation, or answers the one that the same call made before.
     *
     * @param nameIsGiven whether the caller chose the name
     */
    public Evaluation create(NewEvaluation wanted, boolean nameIsGiven) {
        Optional<Evaluation> earlier = store.createdBy(wanted.requestKey());
        if (earlier.isEmpty()) {
            Inputs.of(folders, wanted.dataset(), wanted.modelVersion());
            if (store.create(wanted)) {
                wakeWorker.run();
                return get(wanted.name());
            }
            // Either the same call came twice at once, or the name is taken.
            earlier = store.createdBy(wanted.requestKey());
        }
        Evaluation existing = earlier.orElseThrow(() -> EvaluationReason.EVALUATION_EXISTS.because(
                "evaluation_id: %s exists (expected: a new one)", wanted.name()));
        if (!wanted.matches(existing, nameIsGiven)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: it made %s (expected: the same request)", existing.name());
        }
        return existing;
    }

    public Evaluation get(String name) {
        return store.find(name)
                .orElseThrow(() ->
                        EvaluationReason.EVALUATION_MISSING.because("%s: not found (expected: an evaluation)", name));
    }

    /** Lists those of a workspace with a smaller sequence than {@code before}, newest first. */
    public List<Evaluation> list(String workspace, long before, int limit) {
        return store.list(workspace, before, limit);
    }

    /** Asks an evaluation to stop; one that has ended stays as it is. */
    public Evaluation cancel(String name) {
        get(name);
        store.cancel(name);
        wakeWorker.run();
        return get(name);
    }
}
