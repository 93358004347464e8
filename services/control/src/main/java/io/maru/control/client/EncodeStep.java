package io.maru.control.client;

import io.maru.control.domain.Attempt;
import io.maru.control.domain.Input;
import io.maru.control.domain.Progress;
import io.maru.control.domain.Report;
import io.maru.control.domain.Role;
import io.maru.control.domain.StepKind;
import io.maru.tokenization.v1.CancelDatasetRequest;
import io.maru.tokenization.v1.CheckDatasetSpecRequest;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.DatasetSpec;
import io.maru.tokenization.v1.GetDatasetRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A corpus becomes a dataset of token shards. */
public final class EncodeStep extends ResourceStep<Dataset, DatasetSpec, TokenizationServiceBlockingStub> {
    public EncodeStep(TokenizationServiceBlockingStub stub, Duration deadline) {
        super(
                new StepKind(
                        "encode",
                        List.of(Input.needed(Role.CORPUS), Input.needed(Role.TOKENIZER)),
                        List.of(Role.DATASET)),
                Role.DATASET,
                "datasets",
                DatasetSpec.getDefaultInstance(),
                "maru.tokenization",
                stub,
                deadline);
    }

    @Override
    Map<String, Double> check(TokenizationServiceBlockingStub service, DatasetSpec spec, Draft draft) {
        service.checkDatasetSpec(
                CheckDatasetSpecRequest.newBuilder().setSpec(spec).build());
        return Map.of();
    }

    @Override
    Dataset create(TokenizationServiceBlockingStub service, Attempt attempt, DatasetSpec spec) {
        return service.createDataset(CreateDatasetRequest.newBuilder()
                .setRequestId(attempt.requestId())
                .setDatasetId(attempt.id())
                .setCorpus(attempt.need(Role.CORPUS))
                .setTokenizer(attempt.need(Role.TOKENIZER))
                .setSpec(spec)
                .setRun(attempt.run())
                .setPriority(attempt.priority())
                .build());
    }

    @Override
    Dataset get(TokenizationServiceBlockingStub service, String name) {
        return service.getDataset(GetDatasetRequest.newBuilder().setName(name).build());
    }

    @Override
    Dataset cancel(TokenizationServiceBlockingStub service, String name) {
        return service.cancelDataset(
                CancelDatasetRequest.newBuilder().setName(name).build());
    }

    @Override
    Report report(Dataset dataset) {
        String name = dataset.getName();
        Progress progress = Progress.of(dataset.getSealedShards(), dataset.getShards(), "shards");
        return switch (dataset.getState()) {
            case ENCODING -> new Report.Working(progress, made(name));
            case SEALED ->
                new Report.Finished(
                        progress,
                        made(name),
                        Map.of(
                                "train_tokens", (double) dataset.getTrainTokens(),
                                "validation_tokens", (double) dataset.getValidationTokens()),
                        String.format(
                                Locale.ROOT,
                                "%s: %d tokens to train on, %d to validate with",
                                name,
                                dataset.getTrainTokens(),
                                dataset.getValidationTokens()));
            case FAILED -> failed(dataset.getFailureReason(), dataset.getFailureMessage());
            case CANCELLED -> cancelled(name);
            case STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(name, dataset.getState());
        };
    }
}
