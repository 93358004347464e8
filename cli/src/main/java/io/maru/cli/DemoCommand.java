package io.maru.cli;

import io.maru.cli.demo.DemoCorpus;
import io.maru.cli.run.RunProgress;
import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.cli.run.Submission;
import io.maru.cli.run.Upload;
import io.maru.control.v1.Run;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        description =
                "Take text to a served model through every service: start the stack, submit a recipe, follow the run.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Mixin
    PortOption port;

    @Option(
            names = "--text",
            paramLabel = "FILE",
            arity = "1..*",
            description = "UTF-8 text to learn from (default: stories that this command makes up).")
    List<Path> texts = List.of();

    @Option(names = "--recipe", paramLabel = "FILE", description = "The run's recipe (default: recipes/demo.yaml).")
    Path recipe;

    @Option(names = "--exit", description = "Stop the stack at the end.")
    boolean exit;

    @Override
    public Integer call() {
        Output output = options.output();
        String recipeText =
                Submission.read(recipe == null ? CommonOptions.root().resolve("recipes/demo.yaml") : recipe);
        texts.forEach(Upload::check);
        List<Path> sources = texts.isEmpty()
                ? List.of(DemoCorpus.write(options.dataDirectory().resolve("demo-corpus.txt")))
                : texts;
        UpCommand.up(options, port.ports(), output);
        try (Services services = options.connect()) {
            Run run = run(services, recipeText, sources, output);
            RunReport.print(run, output);
            if (run.getState() == Run.State.SUCCEEDED && !exit) {
                options.sayNext(run, output);
                output.say("yours:   %s", options.next("demo --text FILE"));
                output.say("stop:    %s", options.next("down"));
            }
            RunReport.requireSuccess(run);
            output.result(RunReport.of(run, services));
        } finally {
            if (exit) {
                options.stack().down();
            }
        }
        return 0;
    }

    private static Run run(Services services, String recipeText, List<Path> sources, Output output) {
        try (RunProgress progress = new RunProgress(services, output)) {
            Run submitted = Submission.submit(services, recipeText, sources, Map.of(), output);
            return progress.follow(submitted.getName(), 0);
        }
    }
}
