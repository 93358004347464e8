package io.maru.cli;

import java.util.regex.Pattern;

/** Takes out of a sentence what only whoever programs Java reads: a library or a service may have put an exception into it. */
final class PlainWords {
    /** With its package, as {@code toString()} of an exception begins; or without, where nothing comes after it. */
    private static final Pattern EXCEPTION =
            Pattern.compile("(?<![\\w.$/])(?:[a-z]\\w*\\.)+(?=[A-Z])[\\w$]*(?:Exception|Error)\\b(?::\\s*)?"
                    + "|(?<=: |^)(?=[A-Z])\\w*(?:Exception|Error)\\s*$");

    /** What stands around a name that was the last word. */
    private static final Pattern LEFT_OVER = Pattern.compile("\\s*\\(\\s*\\)|[:;,\\s]+$");

    private PlainWords() {}

    /** The sentence without the names of exceptions; where nothing else was in it, what there is to say of that. */
    static String of(String sentence) {
        if (!EXCEPTION.matcher(sentence).find()) {
            return sentence;
        }
        String plain =
                LEFT_OVER.matcher(EXCEPTION.matcher(sentence).replaceAll("")).replaceAll("");
        return plain.isBlank() ? "something broke inside" : plain;
    }
}
