package io.maru.cli;

import io.maru.cli.run.Names;
import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.cli.stack.Stack;
import io.maru.control.v1.Run;
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
        // One that calls itself dumb cannot draw a line anew.
        return new Output(System.out, json, System.console() != null && !"dumb".equals(System.getenv("TERM")));
    }

    /** A command line that whoever types it next reaches this stack with. */
    String next(String command) {
        return "./maru " + command + (data == null ? "" : " --data " + quoted(data.toString()));
    }

    /** What to type after a run that came to something. */
    void sayNext(Run run, Output output) {
        RunReport.made(run, "model")
                .ifPresent(model ->
                        output.say("ask it:  %s", next("generate " + Names.brief(model) + " \"Once upon a time\"")));
        output.say("look:    %s", next("runs " + Names.brief(run.getName()) + " --history"));
    }

    private static String quoted(String word) {
        return word.matches("[\\w./+=@,~-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
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
