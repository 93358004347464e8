package io.maru.tokenizer;

/** A text holds what is spelt like a control token, and its caller refuses that. */
public final class SpecialTokenException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    SpecialTokenException(String token, int character) {
        super("text: " + token + " at character " + character + " (expected: no special token)");
    }
}
