package io.maru.cli;

/** How models are called on the command line. */
final class ModelName {
    private static final String COLLECTION = "models/";

    private ModelName() {}

    /** The id in {@code models/NAME}, or in {@code NAME} alone. */
    static String id(String written) {
        String id = written.startsWith(COLLECTION) ? written.substring(COLLECTION.length()) : written;
        if (id.isEmpty() || id.contains("/") || id.contains("@")) {
            throw CommandFailure.badInput("model: \"%s\" (expected: models/NAME)".formatted(written));
        }
        return id;
    }

    /** {@code NAME} is written for {@code models/NAME}, with whatever follows it. */
    static String of(String written) {
        return written.startsWith(COLLECTION) || written.startsWith("workspaces/") ? written : COLLECTION + written;
    }
}
