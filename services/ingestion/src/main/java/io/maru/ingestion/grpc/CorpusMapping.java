package io.maru.ingestion.grpc;

import io.maru.ingestion.domain.CorpusRequest;
import io.maru.ingestion.domain.CorpusState;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.UploadedFile;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;

/** Where the words of the wire and of the domain meet. */
final class CorpusMapping {
    private CorpusMapping() {}

    static CorpusRequest toDomain(CreateCorpusRequest request) {
        return new CorpusRequest(
                ResourceName.checkRequestId(request.getRequestId()),
                request.getCorpusId().isEmpty() ? "" : ResourceName.idOrNew("corpus_id", request.getCorpusId()),
                request.getSourcesList(),
                request.getValidationFraction(),
                request.getKindsMap(),
                request.getRun().isEmpty() ? "" : ResourceName.check("run", request.getRun(), "runs/{run}"));
    }

    static UploadedFile toProto(io.maru.ingestion.domain.UploadedFile file) {
        return UploadedFile.newBuilder()
                .setName(file.name())
                .setFileName(file.fileName())
                .setKind(file.kind())
                .setSize(file.size())
                .setSha256(file.sha256())
                .setLines(file.lines())
                .build();
    }

    static Corpus toProto(io.maru.ingestion.domain.Corpus corpus) {
        Corpus.Builder message = Corpus.newBuilder()
                .setName(corpus.name())
                .setState(toProto(corpus.state()))
                .addAllSources(corpus.sources())
                .setValidationFraction(corpus.validationFraction())
                .setSourceBytes(corpus.sourceBytes())
                .setReadBytes(corpus.tally().readBytes())
                .setDocuments(corpus.tally().documents())
                .setDuplicates(corpus.tally().duplicates())
                .setTrainBytes(corpus.tally().trainBytes())
                .setValidationBytes(corpus.tally().validationBytes())
                .setShards(corpus.tally().shards())
                .setManifestSha256(corpus.manifestSha256())
                .setFailureReason(corpus.failureReason())
                .setFailureMessage(corpus.failureMessage())
                .setCreateTime(Timestamps.toProto(corpus.createTime()))
                .setUpdateTime(Timestamps.toProto(corpus.updateTime()))
                .setRevision(corpus.revision());
        for (int i = 0; i < corpus.kinds().size(); i++) {
            message.putKinds(corpus.sources().get(i), corpus.kind(i));
        }
        return message.build();
    }

    private static Corpus.State toProto(CorpusState state) {
        return switch (state) {
            case PENDING -> Corpus.State.PENDING;
            case RUNNING -> Corpus.State.RUNNING;
            case CANCELLING -> Corpus.State.CANCELLING;
            case SEALED -> Corpus.State.SEALED;
            case FAILED -> Corpus.State.FAILED;
            case CANCELLED -> Corpus.State.CANCELLED;
        };
    }
}
