package io.maru.cli;

import io.grpc.StatusRuntimeException;
import io.maru.cli.run.Names;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
            RetryCommand.class,
            CheckpointsCommand.class,
            ModelsCommand.class,
            ImportCommand.class,
            ExportCommand.class,
            LineageCommand.class,
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
        // What is printed is UTF-8 with plain digits, whatever the locale: other programs read it.
        Locale.setDefault(Locale.ROOT);
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
        System.exit(execute(arguments));
    }

    static int execute(String... arguments) {
        CommandLine commandLine = new CommandLine(new Maru())
                .setCaseInsensitiveEnumValuesAllowed(true)
                // An argument is the text that it is.
                .setExpandAtFiles(false)
                .setExecutionExceptionHandler(Maru::failed)
                .setParameterExceptionHandler(Maru::misused);
        try {
            return commandLine.execute(arguments);
        } catch (OutOfMemoryError | StackOverflowError | LinkageError e) {
            // picocli hands only exceptions to its handlers.
            return failed(e, commandLine, commandLine.getParseResult());
        }
    }

    private static int misused(ParameterException e, String[] arguments) {
        // Text that begins with a hyphen is taken for an option, and then a parameter is missing or one is unknown.
        String text = Arrays.stream(arguments)
                .takeWhile(argument -> !argument.equals("--"))
                .filter(argument -> argument.startsWith("-") && argument.contains(" "))
                .findFirst()
                .map(argument -> "-- before the text '" + argument + "', which begins with -; ")
                .orElse("");
        e.getCommandLine()
                .getErr()
                .println("maru: " + PlainWords.of(oneLine(e.getMessage())) + " (expected: " + text + "see "
                        + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)");
        return CommandFailure.BAD_INPUT;
    }

    private static int failed(Throwable e, CommandLine commandLine, ParseResult parsed) {
        CommandFailure failure = e instanceof CommandFailure known
                ? known
                : e instanceof StatusRuntimeException status ? CommandFailure.of(status) : FailureLog.broken(e, parsed);
        List<String> lines = failure.mistakes().isEmpty()
                ? List.of(oneLine(failure.getMessage()))
                : failure.getMessage().lines().toList();
        lines.forEach(line -> commandLine.getErr().println("maru: " + Names.brief(PlainWords.of(line))));
        if (System.getenv("MARU_TRACE") != null) {
            e.printStackTrace(commandLine.getErr());
        }
        boolean json = false;
        for (ParseResult part = parsed; part != null; part = part.subcommand()) {
            json |= part.matchedOption("--json") != null;
        }
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("error", failure.reason());
        error.put("message", PlainWords.of(failure.getMessage()));
        if (!failure.mistakes().isEmpty()) {
            error.put(
                    "mistakes",
                    failure.mistakes().stream()
                            .map(mistake -> Map.of("path", mistake.path(), "message", mistake.message()))
                            .toList());
        }
        new Output(System.out, json).result(error);
        return failure.exitCode();
    }

    private static String oneLine(String text) {
        return text == null ? "" : text.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
