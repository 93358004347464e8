package io.maru.cli;

import io.maru.checkpoint.v1.DeleteAliasRequest;
import io.maru.cli.run.Services;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "unalias", description = "Delete an alias; the version stays.", mixinStandardHelpOptions = true)
final class ModelUnaliasCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "ALIAS", description = "As in models/story@production.")
    String alias;

    @Override
    public Integer call() {
        Output output = options.output();
        String name = ModelName.of(alias);
        try (Services services = options.connect()) {
            services.checkpoint()
                    .deleteAlias(DeleteAliasRequest.newBuilder().setName(name).build());
        }
        output.say("%s is deleted", name);
        output.result(Map.of("alias", name));
        return 0;
    }
}
