package io.maru.cli.run;

import io.maru.cli.CommandFailure;
import io.maru.cli.Output;
import io.maru.control.v1.CheckRecipeRequest;
import io.maru.control.v1.CheckRecipeResponse;
import io.maru.control.v1.Run;
import io.maru.control.v1.SubmitRunRequest;
import io.maru.ingestion.v1.UploadedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * A recipe and its texts on their way to a run. Whatever can be wrong is found in this order: the files, the recipe, what
 * is in the files; only then is anything queued.
 */
public final class Submission {
    private Submission() {}

    /** The recipe's text. */
    public static String read(Path recipe) {
        if (!Files.isRegularFile(recipe)) {
            throw CommandFailure.badInput("recipe: %s: no such file (expected: a YAML file)".formatted(recipe));
        }
        try {
            return Files.readString(recipe);
        } catch (IOException e) {
            throw CommandFailure.badInput("recipe: %s: not readable as UTF-8 text".formatted(recipe));
        }
    }

    /** @param kinds of text; of a file that is not in it the ending of its name tells */
    public static Run submit(
            Services services, String recipe, List<Path> texts, Map<Path, String> kinds, Output output) {
        texts.forEach(Upload::check);
        CheckRecipeResponse checked = services.control()
                .checkRecipe(CheckRecipeRequest.newBuilder()
                        .setRecipe(recipe)
                        .setSourceBytes(
                                texts.stream().mapToLong(Submission::size).sum())
                        .build());
        if (checked.getReadsSources() && texts.isEmpty()) {
            throw CommandFailure.badInput("--text: none (expected: at least one file, for the step that ingests)");
        }
        if (!checked.getReadsSources() && !texts.isEmpty()) {
            throw CommandFailure.badInput(String.format(
                    Locale.ROOT,
                    "--text: %d files (expected: none, since no step of the recipe ingests)",
                    texts.size()));
        }
        // Each step that takes the model expects what the step that trains it does.
        checked.getStepsList().stream()
                .filter(step -> step.getKind().equals("train") && step.containsNumbers("parameters"))
                .forEach(step -> output.say(
                        "%s: a model of %,.0f parameters", step.getStep(), step.getNumbersOrThrow("parameters")));
        List<String> sources = new ArrayList<>();
        for (Path text : texts) {
            UploadedFile uploaded = Upload.send(services, text, kinds.getOrDefault(text, ""));
            sources.add(uploaded.getName());
            output.say("uploaded %s: %,d bytes, %,d lines", text, uploaded.getSize(), uploaded.getLines());
        }
        Run run = services.control()
                .submitRun(SubmitRunRequest.newBuilder()
                        .setRequestId(UUID.randomUUID().toString())
                        .setRecipe(recipe)
                        .addAllSources(sources)
                        .build());
        output.say("submitted %s", run.getName());
        return run;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw CommandFailure.badInput("text: %s: not readable".formatted(file));
        }
    }
}
