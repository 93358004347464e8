package io.maru.ingestion.grpc;

import io.maru.ingestion.IngestionConfig;
import io.maru.ingestion.app.Corpora;
import io.maru.ingestion.app.DocumentIntake;
import io.maru.ingestion.app.IngestionCounts;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.v1.CancelCorpusRequest;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.IngestionService;
import io.maru.ingestion.v1.ListCorporaRequest;
import io.maru.ingestion.v1.ListCorporaResponse;
import io.maru.ingestion.v1.UploadRequest;
import io.maru.ingestion.v1.UploadedFile;
import io.maru.ingestion.v1.WatchCorpusRequest;
import io.maru.platform.grpc.Page;
import io.maru.platform.grpc.Watch;
import io.maru.platform.name.ResourceName;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/** Ingestion's front door. */
@GrpcService
class IngestionGrpc implements IngestionService {
    private static final String CORPUS = "corpora/{corpus}";

    private final DocumentIntake intake;
    private final Corpora corpora;
    private final Duration watchInterval;
    private final Duration uploadIdle;
    private final IngestionCounts counts;

    IngestionGrpc(DocumentIntake intake, Corpora corpora, IngestionConfig config, IngestionCounts counts) {
        this.intake = intake;
        this.corpora = corpora;
        this.watchInterval = Duration.ofMillis(config.watchMillis());
        this.uploadIdle = Duration.ofMillis(config.uploadIdleMillis());
        this.counts = counts;
    }

    /**
     * Each message is dealt with on the thread that brings it, before the next one is asked for: a sender that is faster
     * than the disk waits, and memory holds one chunk for each upload.
     */
    @Override
    @Blocking
    public Uni<UploadedFile> upload(Multi<UploadRequest> parts) {
        UploadStream stream = new UploadStream(intake);
        return parts.ifNoItem()
                .after(uploadIdle)
                .failWith(() -> IngestionReason.UPLOAD_IDLE.because(
                        "upload: nothing for %d ms (expected: the next message before that)", uploadIdle.toMillis()))
                .invoke(stream::accept)
                .collect()
                .last()
                .map(last -> stream.store())
                .onTermination()
                .invoke(stream::close)
                .invoke(file -> counts.uploaded(file.size()))
                .onFailure()
                .invoke(failure -> counts.uploadRefused())
                .map(CorpusMapping::toProto);
    }

    @Override
    @Blocking
    public Uni<io.maru.ingestion.v1.Corpus> createCorpus(CreateCorpusRequest request) {
        return answer(corpora.create(CorpusMapping.toDomain(request)));
    }

    @Override
    @Blocking
    public Uni<io.maru.ingestion.v1.Corpus> getCorpus(GetCorpusRequest request) {
        return answer(corpora.get(ResourceName.check("name", request.getName(), CORPUS)));
    }

    @Override
    @Blocking
    public Uni<ListCorporaResponse> listCorpora(ListCorporaRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        Page.Result<Corpus> result = page.cut(corpora.list(page.after(), page.size() + 1), Corpus::sequence);
        return Uni.createFrom()
                .item(ListCorporaResponse.newBuilder()
                        .addAllCorpora(result.items().stream()
                                .map(CorpusMapping::toProto)
                                .toList())
                        .setNextPageToken(result.nextToken())
                        .build());
    }

    @Override
    public Multi<io.maru.ingestion.v1.Corpus> watchCorpus(WatchCorpusRequest request) {
        String name = ResourceName.check("name", request.getName(), CORPUS);
        return Watch.resource(
                        request.getAfterRevision(),
                        watchInterval,
                        () -> corpora.get(name),
                        Corpus::revision,
                        corpus -> corpus.state().isFinal())
                .map(CorpusMapping::toProto);
    }

    @Override
    @Blocking
    public Uni<io.maru.ingestion.v1.Corpus> cancelCorpus(CancelCorpusRequest request) {
        return answer(corpora.cancel(ResourceName.check("name", request.getName(), CORPUS)));
    }

    private static Uni<io.maru.ingestion.v1.Corpus> answer(Corpus corpus) {
        return Uni.createFrom().item(CorpusMapping.toProto(corpus));
    }
}
