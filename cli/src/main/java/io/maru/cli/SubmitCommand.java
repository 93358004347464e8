package io.maru.cli;

import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.cli.run.Submission;
import io.maru.control.v1.Run;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "submit",
        description = "Upload text, submit a recipe as a run, and return at once.",
        mixinStandardHelpOptions = true)
final class SubmitCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "RECIPE", description = "A YAML file; recipes/README.md tells its keys.")
    Path recipe;

    @Option(
            names = "--text",
            paramLabel = "FILE",
            arity = "1..*",
            description = "UTF-8 text for the step that ingests; none where no step of the recipe does.")
    List<Path> texts = List.of();

    @Mixin
    KindOption kind;

    @Override
    public Integer call() {
        Output output = options.output();
        Map<Path, String> kinds = kind.of(texts);
        try (Services services = options.connect()) {
            Run run = Submission.submit(services, Submission.read(recipe), texts, kinds, output);
            output.say("watch it:  ./maru watch %s", run.getName());
            output.result(RunReport.of(run));
        }
        return 0;
    }
}
