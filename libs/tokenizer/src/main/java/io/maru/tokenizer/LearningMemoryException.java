package io.maru.tokenizer;

/** Learning merges from this text takes more memory than it may. */
public final class LearningMemoryException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    LearningMemoryException(long needed, long wordBytes, int tokens, long maxMemory) {
        super("learning: " + needed + " bytes of memory or more at token " + tokens
                + ", for different words of together " + wordBytes + " bytes (expected: at most " + maxMemory + ")");
    }
}
