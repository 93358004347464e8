package io.maru.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** What kinds of text the files are that a command sends. */
final class KindOption {
    @Option(
            names = "--kind",
            paramLabel = "FILE=KIND",
            description =
                    "What kind of text a file of --text is, in a word of your own, for quality reports; may be given"
                            + " again (default: as the file's ending tells, prose for .txt, markdown, code, data, ...).")
    Map<Path, String> kinds = Map.of();

    /** @throws CommandFailure where one is of another file than {@code texts} */
    Map<Path, String> of(List<Path> texts) {
        for (Path file : kinds.keySet()) {
            if (!texts.contains(file)) {
                throw CommandFailure.badInput("--kind: %s (expected: a file of --text)".formatted(file));
            }
        }
        return kinds;
    }
}
