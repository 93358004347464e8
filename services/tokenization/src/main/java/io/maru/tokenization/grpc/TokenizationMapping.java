package io.maru.tokenization.grpc;

import io.maru.platform.error.CommonReason;
import io.maru.platform.grpc.Timestamps;
import io.maru.platform.name.ResourceName;
import io.maru.tokenization.domain.DatasetRequest;
import io.maru.tokenization.domain.DatasetState;
import io.maru.tokenization.domain.TokenizerRequest;
import io.maru.tokenization.domain.TokenizerState;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.EncodeRequest;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerReport;
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
        return ResourceName.check(field, name, TOKENIZER);
    }

    static String datasetName(String field, String name) {
        return ResourceName.check(field, name, DATASET);
    }

    static String id(String field, String id) {
        return id.isEmpty() ? "" : ResourceName.idOrNew(field, id);
    }

    private static String run(String run) {
        return run.isEmpty() ? "" : ResourceName.check("run", run, "runs/{run}");
    }

    static TokenizerRequest toDomain(TrainTokenizerRequest request) {
        return new TokenizerRequest(
                ResourceName.checkRequestId(request.getRequestId()),
                id("tokenizer_id", request.getTokenizerId()),
                ResourceName.check("corpus", request.getCorpus(), CORPUS),
                request.getVocabularySize(),
                toDomain(request.getTieRule()),
                run(request.getRun()));
    }

    static DatasetRequest toDomain(CreateDatasetRequest request) {
        return new DatasetRequest(
                ResourceName.checkRequestId(request.getRequestId()),
                id("dataset_id", request.getDatasetId()),
                ResourceName.check("corpus", request.getCorpus(), CORPUS),
                tokenizerName("tokenizer", request.getTokenizer()),
                run(request.getRun()));
    }

    private static TieRule toDomain(Tokenizer.TieRule rule) {
        return switch (rule) {
            case TIE_RULE_UNSPECIFIED, SMALLEST_IDS -> TieRule.SMALLEST_IDS;
            case LEXICOGRAPHIC -> TieRule.LEXICOGRAPHIC;
            case UNRECOGNIZED ->
                throw CommonReason.INVALID_ARGUMENT.because(
                        "tie_rule: another value (expected: SMALLEST_IDS or LEXICOGRAPHIC)");
        };
    }

    private static Tokenizer.TieRule tieRule(io.maru.tokenization.domain.Tokenizer tokenizer) {
        if (tokenizer.isImported()) {
            return Tokenizer.TieRule.TIE_RULE_UNSPECIFIED;
        }
        return switch (tokenizer.tieRule()) {
            case SMALLEST_IDS -> Tokenizer.TieRule.SMALLEST_IDS;
            case LEXICOGRAPHIC -> Tokenizer.TieRule.LEXICOGRAPHIC;
        };
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
        return Tokenizer.newBuilder()
                .setName(tokenizer.name())
                .setState(toProto(tokenizer.state()))
                .setCorpus(tokenizer.corpus())
                .setVocabularySize(tokenizer.vocabularySize())
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
                .setTieRule(tieRule(tokenizer))
                .setLearnedTokens(tokenizer.progress().learnedTokens())
                .build();
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
        report.longest().forEach(token -> message.addLongest(toProto(token)));
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
