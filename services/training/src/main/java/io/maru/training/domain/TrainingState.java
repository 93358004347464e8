package io.maru.training.domain;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.maru.formats.CorruptFileException;
import io.maru.model.data.BatchOrder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a checkpoint tells of the run that wrote it, as {@code training_state.json}: all that a run needs, besides weights
 * and moments, to go on as if it had never stopped. No name of a run and no time is in it, so equal runs write equal
 * bytes.
 *
 * @param batchOrderVersion how a step maps to a batch
 * @param datasetSha256 of the dataset's manifest
 * @param mixSha256 of the manifests of those that are mixed in
 * @param step optimiser steps taken; the next batch is the one of this number
 * @param initSha256 of the first weights; empty where they come from the seed
 * @param validationLoss of the last validation; 0 before the first
 * @param choices what of the training was left to the service
 * @param cursor what decides how the run goes on
 */
public record TrainingState(
        int format,
        long step,
        double validationLoss,
        int batchOrderVersion,
        String datasetSha256,
        List<String> mixSha256,
        String tokenizerSha256,
        String initSha256,
        TrainingSpec spec,
        List<Choice> choices,
        String recipe,
        TrainingCursor cursor) {
    public static final String FILE = "training_state.json";

    private static final int FORMAT = 3;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    public TrainingState {
        mixSha256 = List.copyOf(mixSha256);
        choices = List.copyOf(choices);
    }

    /** @param datasets the job's own first */
    public static TrainingState of(
            TrainingJob job, List<Dataset> datasets, long step, double validationLoss, TrainingCursor cursor) {
        Dataset dataset = datasets.get(0);
        return new TrainingState(
                FORMAT,
                step,
                validationLoss,
                BatchOrder.VERSION,
                dataset.sha256(),
                datasets.stream().skip(1).map(Dataset::sha256).toList(),
                dataset.tokenizerSha256(),
                job.init().map(init -> init.weights().sha256()).orElse(""),
                job.request().spec(),
                job.choices(),
                job.request().recipe(),
                cursor);
    }

    public byte[] toJson() {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @throws CorruptFileException unless it is what {@link #toJson} writes */
    public static TrainingState fromJson(byte[] json) {
        TrainingState state;
        try {
            state = JSON.readValue(json, TrainingState.class);
        } catch (JacksonException e) {
            throw new CorruptFileException(FILE, "json", e.getOriginalMessage(), "the state of a training run", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (state.format != FORMAT) {
            throw new CorruptFileException(FILE, "format", Integer.toString(state.format), Integer.toString(FORMAT));
        }
        return state;
    }

    /** @throws io.maru.platform.error.Refusal CHECKPOINT_MISMATCH unless a run of {@code expected} may go on from here */
    public void requireSameRun(String checkpoint, TrainingState expected) {
        require(checkpoint, "step", step, expected.step);
        require(checkpoint, "batchOrderVersion", batchOrderVersion, expected.batchOrderVersion);
        require(checkpoint, "datasetSha256", datasetSha256, expected.datasetSha256);
        require(checkpoint, "mixSha256", mixSha256, expected.mixSha256);
        require(checkpoint, "tokenizerSha256", tokenizerSha256, expected.tokenizerSha256);
        require(checkpoint, "initSha256", initSha256, expected.initSha256);
        // On how many devices is no part of what is trained, though of its last bits: see inexactFor.
        require(checkpoint, "spec", spec.with(expected.spec.parallelism()), expected.spec);
    }

    /** Why a run of {@code expected} that goes on from here may end with other bits; empty where it does not. */
    public Optional<String> inexactFor(TrainingSpec expected) {
        return spec.parallelism().equals(expected.parallelism())
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "step %d was reached by %s, and the run went on with %s",
                        step,
                        spec.parallelism(),
                        expected.parallelism()));
    }

    private static void require(String checkpoint, String field, Object found, Object expected) {
        if (!found.equals(expected)) {
            throw TrainingReason.CHECKPOINT_MISMATCH.because(
                    "%s: %s: %s (expected: %s)", checkpoint, field, found, expected);
        }
    }
}
