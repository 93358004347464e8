package io.maru.cli;

import io.maru.tokenizer.WordPattern;
import picocli.CommandLine.Option;

/** How a tiktoken rank file cuts words, which the file itself does not say. */
final class PatternOption {
    @Option(
            names = "--pattern",
            paramLabel = "PATTERN",
            description =
                    "How a tiktoken rank file cuts words, where its name does not tell: ${COMPLETION-CANDIDATES}.")
    WordPattern pattern;
}
