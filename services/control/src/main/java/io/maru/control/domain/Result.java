package io.maru.control.domain;

/** What the stages of a run leave behind: names of resources, and what was measured. */
public enum Result {
    CORPUS,
    TOKENIZER,
    DATASET,
    /** Of the dataset's manifest: two runs with equal ones trained on equal tokens. */
    DATASET_SHA256,
    TRAINING_JOB,
    CHECKPOINT,
    /** Of training's last validation, in nats per token. */
    VALIDATION_LOSS,
    MODEL_VERSION,
    EVALUATION,
    PERPLEXITY,
    BITS_PER_BYTE,
    /** What the model wrote to the recipe's prompt. */
    SAMPLE
}
