package io.maru.checkpoint.domain;

import java.time.Instant;

/**
 * One change of a model, as it is kept.
 *
 * @param model its full name
 * @param subject full name of the version or alias
 * @param before in a few words; empty for nothing
 * @param caller who asked for it
 * @param sequence grows with each change of any model
 */
public record ModelChange(
        String model,
        Action action,
        String subject,
        String before,
        String after,
        String caller,
        Instant time,
        long sequence) {
    /** What was done. */
    public enum Action {
        VERSION_PUBLISHED("version.published"),
        VERSION_UPDATED("version.updated"),
        VERSION_CORRUPTED("version.corrupted"),
        ALIAS_SET("alias.set"),
        ALIAS_DELETED("alias.deleted");

        private final String word;

        Action(String word) {
            this.word = word;
        }

        /** What it is called on the wire and in the table. */
        public String word() {
            return word;
        }

        public static Action of(String word) {
            for (Action action : values()) {
                if (action.word.equals(word)) {
                    return action;
                }
            }
            throw new IllegalArgumentException(word + " (expected: what was done to a model)");
        }
    }
}
