package io.maru.ingestion.grpc;

import io.grpc.ServerServiceDefinition;
import io.maru.ingestion.app.CallTimes;
import io.maru.ingestion.app.Corpora;
import io.maru.ingestion.app.DocumentIntake;
import io.maru.ingestion.app.DocumentSearch;
import io.maru.ingestion.app.IngestionCounts;
import io.maru.ingestion.app.SplitPreview;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.v1.CancelCorpusRequest;
import io.maru.ingestion.v1.CheckCorpusSpecRequest;
import io.maru.ingestion.v1.CheckCorpusSpecResponse;
import io.maru.ingestion.v1.CorpusSpec;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.FindDocumentRequest;
import io.maru.ingestion.v1.GetCorpusRequest;
import io.maru.ingestion.v1.ListCorporaRequest;
import io.maru.ingestion.v1.ListCorporaResponse;
import io.maru.ingestion.v1.MutinyIngestionServiceGrpc;
import io.maru.ingestion.v1.UploadRequest;
import io.maru.ingestion.v1.UploadedFile;
import io.maru.ingestion.v1.WatchCorpusRequest;
import io.maru.platform.caller.Caller;
import io.maru.platform.grpc.CheckedRequests;
import io.maru.platform.grpc.Page;
import io.maru.platform.grpc.Watch;
import io.maru.platform.name.ResourceName;
import io.quarkus.grpc.GrpcService;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;

/** Ingestion's front door. */
@GrpcService
class IngestionGrpc extends MutinyIngestionServiceGrpc.IngestionServiceImplBase {
    private final DocumentIntake intake;
    private final Corpora corpora;
    private final DocumentSearch documents;
    private final SplitPreview preview;
    private final CallTimes times;
    private final IngestionCounts counts;

    IngestionGrpc(
            DocumentIntake intake,
            Corpora corpora,
            DocumentSearch documents,
            SplitPreview preview,
            CallTimes times,
            IngestionCounts counts) {
        this.intake = intake;
        this.corpora = corpora;
        this.documents = documents;
        this.preview = preview;
        this.times = times;
        this.counts = counts;
    }

    /**
     * Each message is dealt with on the thread that brings it, before the next one is asked for: a sender that is faster
     * than the disk waits, and memory holds one chunk for each upload.
     */
    @Override
    public ServerServiceDefinition bindService() {
        return CheckedRequests.of(super.bindService());
    }

    @Override
    @Blocking
    public Uni<UploadedFile> upload(Multi<UploadRequest> parts) {
        UploadStream stream = new UploadStream(intake, Caller.current().workspace());
        return parts.ifNoItem()
                .after(times.maxSilence())
                .failWith(() -> IngestionReason.UPLOAD_IDLE.because(
                        "upload: nothing for %d ms (expected: the next message before that)",
                        times.maxSilence().toMillis()))
                .invoke(stream::accept)
                .collect()
                .last()
                .map(last -> stream.store())
                .onTermination()
                .invoke(stream::close)
                .invoke(file -> counts.uploaded(file.size()))
                .onFailure()
                .invoke(failure -> counts.uploadRefused())
                .map(IngestionMapping::toProto);
    }

    @Override
    @Blocking
    public Uni<io.maru.ingestion.v1.Corpus> createCorpus(CreateCorpusRequest request) {
        return answer(corpora.create(IngestionMapping.toDomain(request)));
    }

    @Override
    @Blocking
    public Uni<CheckCorpusSpecResponse> checkCorpusSpec(CheckCorpusSpecRequest request) {
        CorpusSpec spec = IngestionMapping.checked(request.getSpec());
        CheckCorpusSpecResponse.Builder response =
                CheckCorpusSpecResponse.newBuilder().setSpec(spec);
        preview.sizes(IngestionMapping.toDomain(spec), IngestionMapping.sources(request.getSourcesList()))
                .ifPresent(sizes ->
                        response.setTrainBytes(sizes.trainBytes()).setValidationBytes(sizes.validationBytes()));
        return Uni.createFrom().item(response.build());
    }

    @Override
    @Blocking
    public Uni<io.maru.ingestion.v1.Corpus> getCorpus(GetCorpusRequest request) {
        return answer(corpora.get(IngestionMapping.corpusName(request.getName())));
    }

    @Override
    @Blocking
    public Uni<ListCorporaResponse> listCorpora(ListCorporaRequest request) {
        Page page = Page.of(request.getPageSize(), request.getPageToken());
        Page.Result<Corpus> result =
                page.cut(corpora.list(Caller.current().workspace(), page.after(), page.size() + 1), Corpus::sequence);
        return Uni.createFrom()
                .item(ListCorporaResponse.newBuilder()
                        .addAllCorpora(result.items().stream()
                                .map(IngestionMapping::toProto)
                                .toList())
                        .setNextPageToken(result.nextToken())
                        .build());
    }

    @Override
    @Blocking
    public Uni<io.maru.ingestion.v1.FoundDocument> findDocument(FindDocumentRequest request) {
        String name = IngestionMapping.documentName(request.getName());
        return Uni.createFrom()
                .item(IngestionMapping.toProto(
                        documents.find(name.substring(0, name.lastIndexOf("/documents/")), ResourceName.last(name))));
    }

    @Override
    public Multi<io.maru.ingestion.v1.Corpus> watchCorpus(WatchCorpusRequest request) {
        String name = IngestionMapping.corpusName(request.getName());
        return Watch.resource(
                        request.getAfterRevision(),
                        times.watchInterval(),
                        () -> corpora.get(name),
                        Corpus::revision,
                        corpus -> corpus.state().isFinal())
                .map(IngestionMapping::toProto);
    }

    @Override
    @Blocking
    public Uni<io.maru.ingestion.v1.Corpus> cancelCorpus(CancelCorpusRequest request) {
        return answer(corpora.cancel(IngestionMapping.corpusName(request.getName())));
    }

    private static Uni<io.maru.ingestion.v1.Corpus> answer(Corpus corpus) {
        return Uni.createFrom().item(IngestionMapping.toProto(corpus));
    }
}
