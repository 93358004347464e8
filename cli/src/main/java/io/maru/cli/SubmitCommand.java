package io.maru.cli;

import io.maru.cli.run.RunReport;
import io.maru.cli.run.Services;
import io.maru.cli.run.Submission;
import io.maru.control.v1.Run;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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

    @Parameters(
            paramLabel = "FILE",
            arity = "1..*",
            description =
                    "The recipe, a file that ends in .yaml or .yml (recipes/README.md tells its keys), and texts.")
    List<Path> files;

    @Option(
            names = "--text",
            paramLabel = "FILE",
            description = "UTF-8 text for the step that ingests, as often as there are files; none where no step does.")
    List<Path> named = List.of();

    @Mixin
    KindOption kind;

    @Override
    public Integer call() {
        Output output = options.output();
        Path recipe = recipe();
        // A pattern of the shell gives --text its first file, and the rest stand alone.
        List<Path> texts = Stream.concat(named.stream(), files.stream().filter(file -> !file.equals(recipe)))
                .toList();
        Map<Path, String> kinds = kind.of(texts);
        try (Services services = options.connect()) {
            Run run = Submission.submit(services, Submission.read(recipe), texts, kinds, output);
            output.say("watch it:  ./maru watch %s", run.getName());
            output.result(RunReport.of(run));
        }
        return 0;
    }

    /** The one file that is called like a recipe; else the only file. */
    private Path recipe() {
        List<Path> recipes = files.stream().filter(SubmitCommand::isRecipe).toList();
        if (recipes.size() == 1) {
            return recipes.get(0);
        }
        if (files.size() == 1) {
            return files.get(0);
        }
        throw CommandFailure.badInput(String.format(
                Locale.ROOT,
                "recipe: %d files end in .yaml or .yml (expected: 1; --text before each text that does)",
                recipes.size()));
    }

    private static boolean isRecipe(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".yaml") || name.endsWith(".yml");
    }
}
