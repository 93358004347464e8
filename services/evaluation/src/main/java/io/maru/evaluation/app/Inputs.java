package io.maru.evaluation.app;

import static io.maru.evaluation.domain.EvaluationReason.DATASET_MISSING;
import static io.maru.evaluation.domain.EvaluationReason.DATASET_UNUSABLE;
import static io.maru.evaluation.domain.EvaluationReason.MODEL_VERSION_MISSING;
import static io.maru.evaluation.domain.EvaluationReason.MODEL_VERSION_UNUSABLE;
import static io.maru.evaluation.domain.EvaluationReason.TOKENIZER_MISMATCH;

import io.maru.formats.Manifest;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Reason;
import io.maru.platform.error.Refusal;
import java.util.List;
import java.util.Optional;

/**
 * What an evaluation reads, as the manifests of the dataset and of the model version tell it.
 *
 * @param tokenizer the dataset's tokenizer.json; the model's is the same to the last bit
 * @param validation token shards, at least one
 */
record Inputs(Manifest.Entry tokenizer, List<Manifest.Entry> validation) {
    private static final String TOKENIZER = "tokenizer.json";

    /** @throws Refusal where one is missing, the split is empty, or the two have different tokenizers */
    static Inputs of(SealedFolders folders, String datasetName, String modelVersion) {
        Manifest dataset = manifest(folders, datasetName, "dataset", DATASET_MISSING, DATASET_UNUSABLE);
        List<Manifest.Entry> validation = dataset.entries().stream()
                .filter(entry -> "validation".equals(entry.attributes().get("split")))
                .toList();
        if (validation.isEmpty()) {
            throw DATASET_UNUSABLE.because("%s: no validation shard (expected: at least 1)", datasetName);
        }
        Manifest.Entry tokenizer = tokenizer(dataset, datasetName, DATASET_UNUSABLE);
        Manifest model = manifest(folders, modelVersion, "model", MODEL_VERSION_MISSING, MODEL_VERSION_UNUSABLE);
        String modelTokenizer =
                tokenizer(model, modelVersion, MODEL_VERSION_UNUSABLE).sha256();
        if (!modelTokenizer.equals(tokenizer.sha256())) {
            throw TOKENIZER_MISMATCH.because(
                    "%s: tokenizer %s (expected: %s, which made %s)",
                    modelVersion, modelTokenizer, tokenizer.sha256(), datasetName);
        }
        return new Inputs(tokenizer, validation);
    }

    private static Manifest manifest(SealedFolders folders, String name, String kind, Reason missing, Reason unusable) {
        Manifest manifest;
        try {
            manifest = folders.manifest(name);
        } catch (Refusal e) {
            if (e.reason() == CommonReason.OBJECT_MISSING) {
                throw new Refusal(missing, name + ": not sealed, or not there (expected: a sealed " + kind + ")", e);
            }
            throw e;
        }
        if (!manifest.kind().equals(kind)) {
            throw unusable.because("%s: the manifest of a %s (expected: of a %s)", name, manifest.kind(), kind);
        }
        return manifest;
    }

    private static Manifest.Entry tokenizer(Manifest manifest, String name, Reason unusable) {
        Optional<Manifest.Entry> tokenizer = manifest.entries().stream()
                .filter(entry -> entry.key().equals(TOKENIZER))
                .findFirst();
        return tokenizer.orElseThrow(() -> unusable.because("%s: no %s (expected: one)", name, TOKENIZER));
    }
}
