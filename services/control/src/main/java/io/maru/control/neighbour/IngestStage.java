package io.maru.control.neighbour;

import io.maru.control.domain.Progress;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.Stage;
import io.maru.ingestion.v1.CancelCorpusRequest;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CorpusSpec;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.IngestionServiceGrpc.IngestionServiceBlockingStub;
import java.time.Duration;

/** Sources become a corpus. */
public final class IngestStage extends ResourceStage<Corpus, IngestionServiceBlockingStub> {
    public IngestStage(IngestionServiceBlockingStub stub, Duration deadline) {
        super("maru.ingestion", Result.CORPUS, "corpora", stub, deadline);
    }

    @Override
    Corpus create(IngestionServiceBlockingStub service, Run run, Recipe recipe) {
        return service.createCorpus(CreateCorpusRequest.newBuilder()
                .setRequestId(Stage.INGEST.requestId(run.name()))
                .setCorpusId(run.id())
                .addAllSources(run.sources())
                .setSpec(CorpusSpec.newBuilder()
                        .setValidationFraction(recipe.corpus().validationFraction()))
                .setRun(run.name())
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
                        "%s: %d documents in %d shards, %d bytes to train on, %d to validate with, %d duplicates dropped"
                                .formatted(
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
