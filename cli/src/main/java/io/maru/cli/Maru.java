package io.maru.cli;

import io.grpc.StatusRuntimeException;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** The command line of Maru. */
@Command(
        name = "maru",
        description = "From text to a served GPT on this machine.",
        mixinStandardHelpOptions = true,
        version = "maru 0.1.0",
        subcommands = {
            DemoCommand.class,
            UpCommand.class,
            DownCommand.class,
            StatusCommand.class,
            SubmitCommand.class,
            RunsCommand.class,
            WatchCommand.class,
            PauseCommand.class,
            ResumeCommand.class,
            CancelCommand.class,
            CheckpointsCommand.class,
            GenerateCommand.class,
            TokenizerCommand.class,
            DoctorCommand.class,
            SuperviseCommand.class
        },
        footerHeading = "%nExit codes:%n",
        footer = {
            "  0  done",
            "  1  the run failed or was cancelled, or something broke inside",
            "  2  the command line, the recipe, the tokenizer or the text is wrong",
            "  3  the stack does not run or does not answer",
            "  4  no such run, model or tokenizer"
        })
public final class Maru {
    private Maru() {}

    public static void main(String[] arguments) {
        System.exit(execute(arguments));
    }

    static int execute(String... arguments) {
        return new CommandLine(new Maru())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(Maru::failed)
                .setParameterExceptionHandler(Maru::misused)
                .execute(arguments);
    }

    private static int misused(ParameterException e, String[] arguments) {
        e.getCommandLine()
                .getErr()
                .println("maru: " + oneLine(e.getMessage()) + " (expected: see "
                        + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)");
        return CommandFailure.BAD_INPUT;
    }

    private static int failed(Exception e, CommandLine commandLine, ParseResult parsed) {
        CommandFailure failure = e instanceof CommandFailure known
                ? known
                : e instanceof StatusRuntimeException status
                        ? CommandFailure.of(status)
                        : CommandFailure.failed("INTERNAL", e.toString());
        commandLine.getErr().println("maru: " + oneLine(failure.getMessage()));
        if (System.getenv("MARU_TRACE") != null) {
            e.printStackTrace(commandLine.getErr());
        }
        boolean json = false;
        for (ParseResult part = parsed; part != null; part = part.subcommand()) {
            json |= part.matchedOption("--json") != null;
        }
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("error", failure.reason());
        error.put("message", failure.getMessage());
        new Output(System.out, json).result(error);
        return failure.exitCode();
    }

    private static String oneLine(String text) {
        return text == null ? "" : text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
