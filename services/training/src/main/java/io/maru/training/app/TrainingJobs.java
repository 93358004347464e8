package io.maru.training.app;

import static io.maru.training.domain.TrainingReason.RUN_IN_USE;
import static io.maru.training.domain.TrainingReason.TRAINING_JOB_EXISTS;
import static io.maru.training.domain.TrainingReason.TRAINING_JOB_NOT_FOUND;

import io.maru.platform.error.CommonReason;
import io.maru.training.app.TrainingJobCatalog.Numbered;
import io.maru.training.domain.ChosenTraining;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.HistoryPoint;
import io.maru.training.domain.Limits;
import io.maru.training.domain.ModelSpec;
import io.maru.training.domain.Preflight;
import io.maru.training.domain.Progress;
import io.maru.training.domain.TrainingJob;
import io.maru.training.domain.TrainingPlan;
import io.maru.training.domain.TrainingRequest;
import io.maru.training.domain.TrainingSpec;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a caller may do with training jobs. */
public final class TrainingJobs {
    private final TrainingJobCatalog catalog;
    private final Datasets datasets;
    private final Limits limits;
    private final Clock clock;

    public TrainingJobs(TrainingJobCatalog catalog, Datasets datasets, Limits limits, Clock clock) {
        this.catalog = catalog;
        this.datasets = datasets;
        this.limits = limits;
        this.clock = clock;
    }

    /**
     * Queues a job whose numbers all fit, once what the request leaves open is chosen. A request that comes again answers
     * the first job.
     *
     * @param name {@code trainingJobs/{job}}
     * @throws io.maru.platform.error.Refusal INVALID_ARGUMENT, JOB_TOO_LARGE, DATASET_NOT_FOUND, DATASET_CORRUPT,
     *     TOKENIZER_MISMATCH, TRAINING_JOB_EXISTS, RUN_IN_USE, REQUEST_ID_REUSED
     */
    public TrainingJob create(String requestId, String name, TrainingRequest request) {
        Optional<TrainingJob> earlier = created(requestId, request);
        if (earlier.isPresent()) {
            return earlier.get();
        }
        List<Dataset> all = datasets.read(request);
        ChosenTraining chosen = TrainingPlan.choose(request.model(), request.training(), all, limits);
        TrainingPlan plan = TrainingPlan.of(request.model(), chosen.training(), all, limits);
        Instant now = clock.instant();
        TrainingJob job = new TrainingJob(
                name,
                request.with(chosen.training()),
                request.training(),
                chosen.choices(),
                TrainingJob.State.PENDING,
                Progress.NONE,
                plan.config().parameterCount(),
                Preflight.planned(
                        plan.plannedBytes(), limits.memoryOf(chosen.training().parallelism())),
                "",
                "",
                now,
                now,
                1,
                0);
        if (!catalog.add(requestId, job)) {
            return created(requestId, request).orElseThrow(() -> taken(job));
        }
        return get(name);
    }

    /**
     * What {@link #create} would tell of a job whose dataset is still to come.
     *
     * @throws io.maru.platform.error.Refusal INVALID_ARGUMENT, JOB_TOO_LARGE
     */
    public Estimate check(ModelSpec model, TrainingSpec training, int vocabularySize) {
        TrainingPlan.Checked checked = TrainingPlan.checkOpen(model, training, vocabularySize, limits);
        return new Estimate(
                checked.config().parameterCount(),
                Preflight.planned(checked.plannedBytes(), limits.memoryOf(training.parallelism())));
    }

    /** @param parameters of the model */
    public record Estimate(long parameters, Preflight preflight) {}

    public TrainingJob get(String name) {
        return catalog.find(name)
                .orElseThrow(
                        () -> TRAINING_JOB_NOT_FOUND.because("%s: no such training job (expected: one created)", name));
    }

    /** Newest first. */
    public List<TrainingJob> list(long before, int limit) {
        return catalog.list(before, limit);
    }

    public TrainingJob change(String name, TrainingJob.Command command) {
        return catalog.change(name, command);
    }

    /** Measurements with a greater sequence number, in order. */
    public List<Numbered> measurements(String name, long after, int limit) {
        return catalog.measurements(name, after, limit);
    }

    /**
     * All of a job's measurements in few points.
     *
     * @throws io.maru.platform.error.Refusal TRAINING_JOB_NOT_FOUND
     */
    public List<HistoryPoint> history(String name, int maxPoints) {
        return catalog.history(get(name).name(), maxPoints);
    }

    private Optional<TrainingJob> created(String requestId, TrainingRequest request) {
        Optional<TrainingJob> job = catalog.findByRequest(requestId);
        if (job.isPresent() && !job.get().isOf(request)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: \"%s\" created %s (expected: an id that no other request has)",
                    requestId, job.get().name());
        }
        return job;
    }

    private RuntimeException taken(TrainingJob job) {
        if (catalog.find(job.name()).isPresent()) {
            return TRAINING_JOB_EXISTS.because("job_id: %s is taken (expected: a new one)", job.name());
        }
        return RUN_IN_USE.because(
                "run: a job that has not ended writes the checkpoints of %s (expected: no other job)",
                job.request().run());
    }
}
