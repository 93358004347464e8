package io.maru.control.neighbour;

import io.maru.control.domain.Progress;
import io.maru.control.domain.Recipe;
import io.maru.control.domain.Report;
import io.maru.control.domain.Result;
import io.maru.control.domain.Run;
import io.maru.control.domain.Stage;
import io.maru.tokenization.v1.CancelDatasetRequest;
import io.maru.tokenization.v1.CreateDatasetRequest;
import io.maru.tokenization.v1.Dataset;
import io.maru.tokenization.v1.GetDatasetRequest;
import io.maru.tokenization.v1.TokenizationServiceGrpc.TokenizationServiceBlockingStub;
import java.time.Duration;
import java.util.Map;

/** A corpus becomes a dataset of token shards. */
public final class EncodeStage extends ResourceStage<Dataset, TokenizationServiceBlockingStub> {
    public EncodeStage(TokenizationServiceBlockingStub stub, Duration deadline) {
        super("maru.tokenization", Result.DATASET, "datasets", stub, deadline);
    }

    @Override
    Dataset create(TokenizationServiceBlockingStub service, Run run, Recipe recipe) {
        return service.createDataset(CreateDatasetRequest.newBuilder()
                .setRequestId(Stage.ENCODE.requestId(run.name()))
                .setDatasetId(run.id())
                .setCorpus(run.need(Result.CORPUS))
                .setTokenizer(run.need(Result.TOKENIZER))
                .setRun(run.name())
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
                        Map.of(Result.DATASET, name, Result.DATASET_SHA256, dataset.getManifestSha256()),
                        "%s: %d tokens to train on, %d to validate with"
                                .formatted(name, dataset.getTrainTokens(), dataset.getValidationTokens()));
            case FAILED -> failed(dataset.getFailureReason(), dataset.getFailureMessage());
            case CANCELLED -> cancelled(name);
            case STATE_UNSPECIFIED, UNRECOGNIZED -> throw unknown(name, dataset.getState());
        };
    }
}
