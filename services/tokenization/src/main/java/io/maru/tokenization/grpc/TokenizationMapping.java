package io.maru.tokenization.grpc;

import com.google.protobuf.Message;
import io.maru.platform.caller.Caller;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Violations;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;
import io.maru.platform.spec.Spec;
import io.maru.tokenization.domain.DatasetRequest;
import io.maru.tokenization.domain.DatasetState;
import io.maru.tokenization.domain.TokenizerRequest;
import io.maru.tokenization.domain.TokenizerState;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.EncodeRequest;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerReport;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.tokenization.v1.TrainTokenizerRequest;
import io.maru.tokenizer.QualityReport;
import io.maru.tokenizer.SpecialTokens;
import io.maru.tokenizer.TieRule;

/** Where the words of the wire and of the domain meet. */
final class TokenizationMapping {
    private static final String CORPUS = "corpora/{corpus}";
    private static final String TOKENIZER = "tokenizers/{tokenizer}";
    private static final String DATASET = "datasets/{dataset}";

    private TokenizationMapping() {}

    static String tokenizerName(String field, String name) {
        return ResourceName.full(field, name, TOKENIZER);
    }

    static String datasetName(String field, String name) {
        return ResourceName.full(field, name, DATASET);
    }

    static String id(String field, String id) {
        return id.isEmpty() ? "" : ResourceName.idOrNew(field, id);
    }

    private static String run(String run) {
        return run.isEmpty() ? "" : ResourceName.full("run", run, "runs/{run}");
    }

    static TokenizerRequest toDomain(TrainTokenizerRequest request) {
        require(request);
        TokenizerSpec spec = Spec.complete(request.getSpec());
        return new TokenizerRequest(
                Caller.requestKey("TrainTokenizer", request.getRequestId()),
                Caller.current().workspace(),
                id("tokenizer_id", request.getTokenizerId()),
                ResourceName.full("corpus", request.getCorpus(), CORPUS),
                spec.getVocabularySize(),
                toDomain(spec.getTieRule()),
                run(request.getRun()),
                request.getPriority());
    }

    static DatasetRequest toDomain(CreateDatasetRequest request) {
        require(request);
        return new DatasetRequest(
                Caller.requestKey("CreateDataset", request.getRequestId()),
                Caller.current().workspace(),
                id("dataset_id", request.getDatasetId()),
                ResourceName.full("corpus", request.getCorpus(), CORPUS),
                tokenizerName("tokenizer", request.getTokenizer()),
                run(request.getRun()),
                request.getPriority());
    }

    /**
     * The spec with its defaults.
     *
     * @throws io.maru.platform.error.Refusal INVALID_SPEC with everything that is wrong with it
     */
    static <S extends Message> S checked(S spec) {
        require(spec);
        return Spec.complete(spec);
    }

    private static void require(Message message) {
        Violations violations = new Violations();
        Spec.check(message, "", violations);
        violations.throwIfAny(CommonReason.INVALID_SPEC);
    }

    private static TieRule toDomain(TokenizerSpec.TieRule rule) {
        return switch (rule) {
            case SMALLEST_IDS -> TieRule.SMALLEST_IDS;
            case LEXICOGRAPHIC -> TieRule.LEXICOGRAPHIC;
            case TIE_RULE_UNSPECIFIED, UNRECOGNIZED -> throw new IllegalArgumentException("tieRule: " + rule);
        };
    }

    private static TokenizerSpec spec(io.maru.tokenization.domain.Tokenizer tokenizer) {
        return TokenizerSpec.newBuilder()
                .setVocabularySize(tokenizer.vocabularySize())
                .setTieRule(
                        switch (tokenizer.tieRule()) {
                            case SMALLEST_IDS -> TokenizerSpec.TieRule.SMALLEST_IDS;
                            case LEXICOGRAPHIC -> TokenizerSpec.TieRule.LEXICOGRAPHIC;
                        })
                .build();
    }

    static SpecialTokens toDomain(EncodeRequest.SpecialTokens special) {
        return switch (special) {
            case SPECIAL_TOKENS_UNSPECIFIED, TEXT -> SpecialTokens.TEXT;
            case ALLOW -> SpecialTokens.ALLOW;
            case REFUSE -> SpecialTokens.REFUSE;
            case UNRECOGNIZED ->
                throw CommonReason.INVALID_ARGUMENT.because(
                        "special_tokens: another value (expected: TEXT, ALLOW or REFUSE)");
        };
    }

    static Tokenizer toProto(io.maru.tokenization.domain.Tokenizer tokenizer) {
        Tokenizer.Builder message = Tokenizer.newBuilder()
                .setName(tokenizer.name())
                .setState(toProto(tokenizer.state()))
                .setCorpus(tokenizer.corpus())
                .setRun(tokenizer.run())
                .setTokens(tokenizer.tokens())
                .setSha256(tokenizer.sha256())
                .setFailureReason(tokenizer.failureReason())
                .setFailureMessage(tokenizer.failureMessage())
                .setCreateTime(Timestamps.toProto(tokenizer.createTime()))
                .setUpdateTime(Timestamps.toProto(tokenizer.updateTime()))
                .setRevision(tokenizer.revision())
                .setReadBytes(tokenizer.progress().readBytes())
                .setSourceBytes(tokenizer.progress().sourceBytes())
                .setReportSha256(tokenizer.reportSha256())
                .setLearnedTokens(tokenizer.progress().learnedTokens());
        if (!tokenizer.isImported()) {
            message.setSpec(spec(tokenizer));
        }
        return message.build();
    }

    static TokenizerReport toProto(String tokenizer, QualityReport report) {
        TokenizerReport.Builder message = TokenizerReport.newBuilder()
                .setTokenizer(tokenizer)
                .setTokenizerSha256(report.tokenizerSha256())
                .setSplit(report.split())
                .setVocabulary(report.vocabulary())
                .setUsed(report.used())
                .setOverall(toProto(report.overall()));
        report.scripts().forEach((script, measure) -> message.putScripts(script, toProto(measure)));
        report.kinds().forEach((kind, measure) -> message.putKinds(kind, toProto(measure)));
        report.longest().forEach(token -> message.addLongTokens(toProto(token)));
        report.unused().forEach(token -> message.addUnused(toProto(token)));
        return message.build();
    }

    private static TokenizerReport.Measure toProto(QualityReport.Measure measure) {
        return TokenizerReport.Measure.newBuilder()
                .setDocuments(measure.documents())
                .setBytes(measure.bytes())
                .setTokens(measure.tokens())
                .build();
    }

    private static TokenizerReport.Token toProto(QualityReport.Token token) {
        return TokenizerReport.Token.newBuilder()
                .setId(token.id())
                .setText(token.text())
                .setBytes(token.bytes())
                .build();
    }

    static Dataset toProto(io.maru.tokenization.domain.Dataset dataset) {
        return Dataset.newBuilder()
                .setName(dataset.name())
                .setState(toProto(dataset.state()))
                .setCorpus(dataset.corpus())
                .setRun(dataset.run())
                .setTokenizer(dataset.tokenizer())
                .setShards(dataset.shards())
                .setSealedShards(dataset.sealedShards())
                .setTrainTokens(dataset.trainTokens())
                .setValidationTokens(dataset.validationTokens())
                .setTrainBytes(dataset.trainBytes())
                .setValidationBytes(dataset.validationBytes())
                .setManifestSha256(dataset.manifestSha256())
                .setFailureReason(dataset.failureReason())
                .setFailureMessage(dataset.failureMessage())
                .setCreateTime(Timestamps.toProto(dataset.createTime()))
                .setUpdateTime(Timestamps.toProto(dataset.updateTime()))
                .setRevision(dataset.revision())
                .build();
    }

    private static Tokenizer.State toProto(TokenizerState state) {
        return switch (state) {
            case PENDING -> Tokenizer.State.PENDING;
            case TRAINING -> Tokenizer.State.TRAINING;
            case CANCELLING -> Tokenizer.State.CANCELLING;
            case READY -> Tokenizer.State.READY;
            case FAILED -> Tokenizer.State.FAILED;
            case CANCELLED -> Tokenizer.State.CANCELLED;
        };
    }

    private static Dataset.State toProto(DatasetState state) {
        return switch (state) {
            case ENCODING -> Dataset.State.ENCODING;
            case SEALED -> Dataset.State.SEALED;
            case FAILED -> Dataset.State.FAILED;
            case CANCELLED -> Dataset.State.CANCELLED;
        };
    }
}
