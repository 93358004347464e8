package io.maru.tokenizer;

/**
 * What to do where a text holds what is spelt like a control token.
 *
 * <p>Control tokens are the added tokens that a file calls special, and {@code <s>}, {@code </s>} and {@code <unk>}
 * whatever it calls them. Other added tokens are vocabulary like any other: they are found in every text.
 */
public enum SpecialTokens {
    /** It becomes the control token. For text that this program wrote, such as a chat template's. */
    ALLOW,
    /** It is refused with a {@link SpecialTokenException}. */
    REFUSE,
    /** It is ordinary text. For text that users wrote. */
    TEXT
}
