package io.maru.model.layer;

/** What of the forward pass is worked out a second time, on the way back, in place of being kept. */
public enum Recompute {
    /** Nothing: every activation is kept. */
    NONE,
    /**
     * Each block: of its activations only what goes into it is kept, for about a third more work. Source: T. Chen and
     * others, "Training deep nets with sublinear memory cost", 2016.
     */
    BLOCKS
}
