package io.maru.cli;

import io.maru.checkpoint.v1.Alias;
import io.maru.checkpoint.v1.ListModelsRequest;
import io.maru.checkpoint.v1.ListModelsResponse;
import io.maru.checkpoint.v1.Model;
import io.maru.cli.run.ModelReports;
import io.maru.cli.run.Names;
import io.maru.cli.run.Services;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "models",
        description = "The models: their newest versions and the aliases that name one.",
        mixinStandardHelpOptions = true,
        subcommands = {
            ModelShowCommand.class,
            ModelAliasCommand.class,
            ModelUnaliasCommand.class,
            ModelLabelCommand.class,
            ModelChangesCommand.class
        })
final class ModelsCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Override
    public Integer call() {
        Output output = options.output();
        List<Model> models = new ArrayList<>();
        try (Services services = options.connect()) {
            String token = "";
            do {
                ListModelsResponse page = services.checkpoint()
                        .listModels(ListModelsRequest.newBuilder()
                                .setPageToken(token)
                                .build());
                models.addAll(page.getModelsList());
                token = page.getNextPageToken();
            } while (!token.isEmpty());
        }
        output.say("%-32s %8s  %-20s %s", "model", "versions", "newest", "aliases");
        for (Model model : models) {
            output.say(
                    "%-32s %8d  %-20s %s",
                    model.getName(),
                    model.getVersions(),
                    "versions/" + model.getNewest().getVersion(),
                    model.getAliasesList().stream().map(ModelsCommand::shown).collect(Collectors.joining(", ")));
        }
        output.result(Map.of("models", models.stream().map(ModelReports::of).toList()));
        return 0;
    }

    /** As in {@code @production 3}. */
    private static String shown(Alias alias) {
        String name = Names.brief(alias.getName());
        return name.substring(name.indexOf('@'))
                + " "
                + alias.getModelVersion().substring(alias.getModelVersion().lastIndexOf('/') + 1);
    }
}
