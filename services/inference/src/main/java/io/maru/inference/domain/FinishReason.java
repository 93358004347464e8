package io.maru.inference.domain;

/** Why a text ended. */
public enum FinishReason {
    /** The model said so. */
    STOP,
    /** As many tokens were generated as were asked for, or fit into the context. */
    LENGTH
}
