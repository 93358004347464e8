package io.maru.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import picocli.CommandLine.ParseResult;

/** Where the inside of a command's failure goes, so that its user reads one sentence and the log has the rest. */
final class FailureLog {
    private FailureLog() {}

    /** What to tell of an exception that nobody foresaw. */
    static CommandFailure broken(Throwable failure, ParseResult parsed) {
        Throwable cause = failure instanceof UncheckedIOException ? failure.getCause() : failure;
        if (cause instanceof FileSystemException file) {
            return CommandFailure.failed("INPUT_OUTPUT", file.getFile() + ": " + CommandFailure.problem(file));
        }
        if (cause instanceof OutOfMemoryError) {
            return CommandFailure.failed(
                    "OUT_OF_MEMORY",
                    "more memory is needed than the command has, "
                            + (Runtime.getRuntime().maxMemory() >> 20)
                            + " MiB (expected: smaller files, or shorter lines)");
        }
        Path log = directory(parsed).resolve("logs").resolve("cli.log");
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace));
        try {
            Files.createDirectories(log.getParent());
            Files.writeString(log, Instant.now() + " " + trace, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            return CommandFailure.failed("INTERNAL", "something broke inside; " + log + " has it");
        } catch (IOException e) {
            return CommandFailure.failed(
                    "INTERNAL", "something broke inside, and " + log + " cannot be written; MARU_TRACE=1 prints it");
        }
    }

    /** The data directory that the command was given, or the usual one. */
    private static Path directory(ParseResult parsed) {
        for (ParseResult part = parsed; part != null; part = part.subcommand()) {
            if (part.matchedOption("--data") != null
                    && part.matchedOption("--data").getValue() instanceof Path data) {
                return data;
            }
        }
        return CommonOptions.root().resolve(".maru");
    }
}
