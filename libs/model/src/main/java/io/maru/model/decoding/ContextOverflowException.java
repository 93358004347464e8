package io.maru.model.decoding;

/** More tokens than the model has positions for. The caller shortens the prompt or asks for fewer tokens. */
public final class ContextOverflowException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int tokens;
    private final int block;

    ContextOverflowException(int tokens, int block) {
        super("context: " + tokens + " tokens (expected: at most " + block + ", the model's block)");
        this.tokens = tokens;
        this.block = block;
    }

    /** Tokens that the context would have held. */
    public int tokens() {
        return tokens;
    }

    /** Tokens that it can hold. */
    public int block() {
        return block;
    }
}
