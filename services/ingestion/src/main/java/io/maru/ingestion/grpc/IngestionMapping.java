package io.maru.ingestion.grpc;

import io.maru.ingestion.domain.CorpusFormat;
import io.maru.ingestion.domain.CorpusRequest;
import io.maru.ingestion.domain.CorpusState;
import io.maru.ingestion.domain.FoundDocument;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.SourceName;
import io.maru.ingestion.v1.Corpus;
import io.maru.ingestion.v1.CorpusSpec;
import io.maru.ingestion.v1.CreateCorpusRequest;
import io.maru.ingestion.v1.UploadedFile;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;
import io.maru.platform.spec.Spec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where the words of the wire and of the domain meet. */
final class IngestionMapping {
    private IngestionMapping() {}

    static String corpusName(String name) {
        return ResourceName.full("name", name, "corpora/{corpus}");
    }

    static String documentName(String name) {
        return ResourceName.full("name", name, "corpora/{corpus}/documents/{document}");
    }

    static io.maru.ingestion.v1.FoundDocument toProto(FoundDocument found) {
        return io.maru.ingestion.v1.FoundDocument.newBuilder()
                .setName(found.name())
                .setSplit(found.split())
                .setShard(found.shard())
                .setIndex(found.index())
                .setKind(found.document().kind())
                .setExcerpt(found.excerpt())
                .build();
    }

    static CorpusRequest toDomain(CreateCorpusRequest request) {
        String workspace = Caller.current().workspace();
        Violations violations = new Violations();
        Spec.check(request, "", violations);
        violations.throwIfAny(CommonReason.INVALID_SPEC);
        Map<String, String> kinds = new HashMap<>();
        request.getKindsMap().forEach((source, kind) -> kinds.put(SourceName.full(workspace, source), kind));
        return new CorpusRequest(
                Caller.requestKey("CreateCorpus", request.getRequestId()),
                workspace,
                request.getCorpusId().isEmpty() ? "" : ResourceName.idOrNew("corpus_id", request.getCorpusId()),
                sources(request.getSourcesList()),
                toDomain(Spec.complete(request.getSpec())),
                kinds,
                request.getRun().isEmpty() ? "" : ResourceName.full("run", request.getRun(), "runs/{run}"),
                request.getPriority());
    }

    /** Full names of sources of the caller's workspace. */
    static List<String> sources(List<String> names) {
        if (names.size() > CorpusRequest.MAX_SOURCES) {
            throw IngestionReason.INVALID_SOURCE.because(
                    "sources: %d of them (expected: at most %d)", names.size(), CorpusRequest.MAX_SOURCES);
        }
        String workspace = Caller.current().workspace();
        return names.stream().map(name -> SourceName.full(workspace, name)).toList();
    }

    /**
     * The spec with its defaults.
     *
     * @throws io.maru.platform.error.Refusal INVALID_SPEC with everything that is wrong with it
     */
    static CorpusSpec checked(CorpusSpec spec) {
        Violations violations = new Violations();
        Spec.check(spec, "", violations);
        violations.throwIfAny(CommonReason.INVALID_SPEC);
        return Spec.complete(spec);
    }

    /** @param spec with its defaults */
    static io.maru.ingestion.domain.CorpusSpec toDomain(CorpusSpec spec) {
        return new io.maru.ingestion.domain.CorpusSpec(
                spec.getValidationFraction(), toDomain(spec.getFormat()), spec.getStrict());
    }

    private static CorpusFormat toDomain(CorpusSpec.Format format) {
        return switch (format) {
            case TEXT -> CorpusFormat.TEXT;
            case JSONL -> CorpusFormat.JSONL;
            case FORMAT_UNSPECIFIED, UNRECOGNIZED -> throw new IllegalArgumentException("format: " + format);
        };
    }

    private static CorpusSpec toProto(io.maru.ingestion.domain.CorpusSpec spec) {
        return CorpusSpec.newBuilder()
                .setValidationFraction(spec.validationFraction())
                .setFormat(
                        switch (spec.format()) {
                            case TEXT -> CorpusSpec.Format.TEXT;
                            case JSONL -> CorpusSpec.Format.JSONL;
                        })
                .setStrict(spec.strict())
                .build();
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
                .setSpec(toProto(corpus.spec()))
                .setSourceBytes(corpus.sourceBytes())
                .setReadBytes(corpus.tally().readBytes())
                .setDocuments(corpus.tally().documents())
                .setPairs(corpus.tally().pairs())
                .setConversations(corpus.tally().conversations())
                .setRun(corpus.run())
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
            message.putKinds(corpus.sources().get(i), corpus.kinds().get(i));
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
