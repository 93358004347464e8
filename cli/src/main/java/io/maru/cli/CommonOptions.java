package io.maru.cli;

import io.maru.cli.run.Services;
import io.maru.cli.stack.Stack;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What every command takes. */
public final class CommonOptions {
    @Option(
            names = "--json",
            description = "Print one JSON object as the last line, and nothing else on standard output.")
    boolean json;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "The directory of the stack's data and logs (default: .maru beside the script).")
    Path data;

    /** The folder that the maru script lies in. */
    static Path root() {
        return Path.of(System.getProperty("maru.root", ".")).toAbsolutePath().normalize();
    }

    Output output() {
        return new Output(System.out, json);
    }

    Path dataDirectory() {
        return data == null ? root().resolve(".maru") : data;
    }

    Stack stack() {
        return new Stack(root(), dataDirectory());
    }

    Services connect() {
        return new Services(stack());
    }
}
