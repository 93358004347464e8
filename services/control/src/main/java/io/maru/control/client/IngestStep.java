package io.maru.control.client;

import io.maru.control.domain.Attempt;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.Role;
import io.maru.control.domain.StepKind;
import io.maru.ingestion.v1.CancelCorpusRequest;
import io.maru.ingestion.v1.CheckCorpusSpecRequest;
import io.maru.ingestion.v1.CheckCorpusSpecResponse;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CorpusSpec;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.IngestionServiceGrpc.IngestionServiceBlockingStub;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Sources become a corpus. */
public final class IngestStep extends ResourceStep<Corpus, CorpusSpec, IngestionServiceBlockingStub> {
    public IngestStep(IngestionServiceBlockingStub stub, Duration deadline) {
        super(
                new StepKind("ingest", List.of(), List.of(Role.CORPUS), true),
                Role.CORPUS,
                "corpora",
                CorpusSpec.getDefaultInstance(),
                "maru.ingestion",
                stub,
                deadline);
    }

    @Override
    Map<String, Double> check(IngestionServiceBlockingStub service, CorpusSpec spec, Draft draft) {
        CheckCorpusSpecResponse checked = service.checkCorpusSpec(CheckCorpusSpecRequest.newBuilder()
                .setSpec(spec)
                .addAllSources(draft.sources())
                .build());
        if (checked.hasTrainBytes()) {
            return Map.of(
                    "train_bytes", (double) checked.getTrainBytes(),
                    "validation_bytes", (double) checked.getValidationBytes());
        }
        double fraction = checked.getSpec().getValidationFraction();
        double bytes = draft.expected().getOrDefault("source_bytes", 0.0);
        if (bytes == 0) {
            return fraction == 0 ? Map.of("validation_bytes", 0.0) : Map.of();
        }
        // A document goes to one split or the other as a whole, so this is only nearly so.
        double validation = Math.rint(bytes * fraction);
        return Map.of("train_bytes", bytes - validation, "validation_bytes", validation);
    }

    @Override
    Corpus create(IngestionServiceBlockingStub service, Attempt attempt, CorpusSpec spec) {
        return service.createCorpus(CreateCorpusRequest.newBuilder()
                .setRequestId(attempt.requestId())
                .setCorpusId(attempt.id())
                .addAllSources(attempt.sources())
                .setSpec(spec)
                .setRun(attempt.run())
                .setPriority(attempt.priority())
                .build());
    }

    @Override
    Corpus get(IngestionServiceBlockingStub service, String name) {
        return service.getCorpus(GetCorpusRequest.newBuilder().setName(name).build());
    }

    @Override
    Corpus cancel(IngestionServiceBlockingStub service, String name) {
        return service.cancelCorpus(
                CancelCorpusRequest.newBuilder().setName(name).build());
    }

    @Override
    Report report(Corpus corpus) {
        String name = corpus.getName();
        Progress progress = Progress.of(corpus.getReadBytes(), corpus.getSourceBytes(), "bytes");
        return switch (corpus.getState()) {
            case PENDING, RUNNING, CANCELLING -> new Report.Working(progress, made(name));
            case SEALED ->
                new Report.Finished(
                        progress,
                        made(name),
                        Map.of(
                                "documents", (double) corpus.getDocuments(),
                                "duplicates", (double) corpus.getDuplicates(),
                                "train_bytes", (double) corpus.getTrainBytes(),
                                "validation_bytes", (double) corpus.getValidationBytes()),
                        String.format(
                                Locale.ROOT,
                                "%s: %d documents in %d shards, %d bytes to train on, %d to validate with, %d duplicates dropped",
                                name,
                                corpus.getDocuments(),
                                corpus.getShards(),
                                corpus.getTrainBytes(),
                                corpus.getValidationBytes(),
                                corpus.getDuplicates()));
            case FAILED -> failed(corpus.getFailureReason(), corpus.getFailureMessage());
            case CANCELLED -> cancelled(name);
            case STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(name, corpus.getState());
        };
    }
}
