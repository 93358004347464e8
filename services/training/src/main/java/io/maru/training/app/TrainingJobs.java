package io.maru.training.app;

import static io.maru.training.domain.TrainingReason.RUN_IN_USE;
import static io.maru.training.domain.TrainingReason.TRAINING_JOB_EXISTS;
import static io.maru.training.domain.TrainingReason.TRAINING_JOB_NOT_FOUND;

import io.maru.model.configuration.DecoderConfig;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import io.maru.training.app.TrainingJobCatalog.Numbered;
import io.maru.training.domain.ChosenTraining;
import io.maru.training.domain.Dataset;
import io.maru.training.domain.HistoryPoint;
import io.maru.training.domain.InitialWeights;
import io.maru.training.domain.Limits;
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

/** Does what a caller may ask of training jobs. */
public final class TrainingJobs {
    private final TrainingJobCatalog catalog;
    private final Datasets datasets;
    private final InitialWeightsReader initialWeights;
    private final Limits limits;
    private final Clock clock;

    public TrainingJobs(
            TrainingJobCatalog catalog,
            Datasets datasets,
            InitialWeightsReader initialWeights,
            Limits limits,
            Clock clock) {
        this.catalog = catalog;
        this.datasets = datasets;
        this.initialWeights = initialWeights;
        this.limits = limits;
        this.clock = clock;
    }

    /**
     * Queues a job whose numbers all fit, once what the request leaves open is chosen. A request that comes again answers
     * the first job.
     *
     * @param requestKey of the caller's request
     * @param name of the job
     * @param found what is known to be wrong with the spec by now
     * @throws io.maru.platform.error.Refusal INVALID_SPEC, JOB_TOO_LARGE, DATASET_NOT_FOUND, DATASET_CORRUPT,
     *     INIT_NOT_FOUND, INIT_UNSUPPORTED, TOKENIZER_MISMATCH, TRAINING_JOB_EXISTS, RUN_IN_USE, REQUEST_ID_REUSED
     */
    public TrainingJob create(String requestKey, String name, TrainingRequest request, Violations found) {
        Optional<TrainingJob> earlier = created(requestKey, request);
        if (earlier.isPresent()) {
            return earlier.get();
        }
        // Before anything is asked for: whatever is wrong with the spec is told at once.
        TrainingPlan.checkOpen(request.spec(), request.hasInit(), Optional.empty(), 0, limits, found);
        List<Dataset> all = datasets.read(request);
        Optional<InitialWeights> init =
                request.hasInit() ? Optional.of(initialWeights.of(request.init(), all.get(0))) : Optional.empty();
        Optional<DecoderConfig> config = init.map(InitialWeights::decoder);
        ChosenTraining chosen = TrainingPlan.choose(request.spec(), config, all, limits, found);
        TrainingPlan plan = TrainingPlan.of(chosen.spec(), config, all, limits);
        Instant now = clock.instant();
        TrainingJob job = new TrainingJob(
                name,
                request.with(chosen.spec()),
                request.spec(),
                init,
                chosen.choices(),
                TrainingJob.State.PENDING,
                Progress.NONE,
                plan.config().parameterCount(),
                Preflight.planned(
                        plan.plannedBytes(), limits.memoryOf(chosen.spec().parallelism())),
                "",
                "",
                now,
                now,
                1,
                0);
        if (!catalog.add(requestKey, job)) {
            return created(requestKey, request).orElseThrow(() -> taken(job));
        }
        return get(name);
    }

    /**
     * What {@link #create} would tell of a job whose dataset is still to come.
     *
     * @param hasInit whether the first weights come from somewhere
     * @param init their name, where they are not still to come themselves
     * @param vocabularySize 0 where it is not known
     * @param found what is known to be wrong with the spec by now
     * @throws io.maru.platform.error.Refusal INVALID_SPEC, JOB_TOO_LARGE, INIT_UNSUPPORTED
     */
    public Estimate check(
            TrainingSpec spec, boolean hasInit, Optional<String> init, int vocabularySize, Violations found) {
        Optional<DecoderConfig> config = init.flatMap(initialWeights::find).map(InitialWeights::decoder);
        return TrainingPlan.checkOpen(spec, hasInit, config, vocabularySize, limits, found)
                .map(checked -> new Estimate(
                        vocabularySize == 0 && config.isEmpty()
                                ? 0
                                : checked.config().parameterCount(),
                        Preflight.planned(checked.plannedBytes(), limits.memoryOf(spec.parallelism()))))
                .orElseGet(() -> new Estimate(0, Preflight.planned(0, limits.memoryOf(spec.parallelism()))));
    }

    /** @param parameters of the model; 0 where its shape or the vocabulary is not known */
    public record Estimate(long parameters, Preflight preflight) {}

    public TrainingJob get(String name) {
        return catalog.find(name)
                .orElseThrow(
                        () -> TRAINING_JOB_NOT_FOUND.because("%s: no such training job (expected: one created)", name));
    }

    /** Lists a workspace's jobs, the newest first. */
    public List<TrainingJob> list(String workspace, long before, int limit) {
        return catalog.list(workspace, before, limit);
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

    private Optional<TrainingJob> created(String requestKey, TrainingRequest request) {
        Optional<TrainingJob> job = catalog.findByRequest(requestKey);
        if (job.isPresent() && !job.get().isOf(request)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: it created %s (expected: an id that no other request has)",
                    job.get().name());
        }
        return job;
    }

    private RuntimeException taken(TrainingJob job) {
        if (catalog.find(job.name()).isPresent()) {
            return TRAINING_JOB_EXISTS.because("job_id: %s is taken (expected: a new one)", job.name());
        }
        return RUN_IN_USE.because(
                "run: a job that has not ended writes the checkpoints %s/checkpoints/%s-* (expected: no other job)",
                job.request().run(), job.request().training());
    }
}
