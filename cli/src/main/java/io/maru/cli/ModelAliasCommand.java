package io.maru.cli;

import io.maru.checkpoint.v1.Alias;
import io.maru.checkpoint.v1.SetAliasRequest;
import io.maru.cli.run.Services;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "alias",
        description = "Let an alias name a version; whoever asks for the alias gets that version from then on.",
        mixinStandardHelpOptions = true)
final class ModelAliasCommand implements Callable<Integer> {
    private static final String NONE = "none";

    @Mixin
    CommonOptions options;

    @Parameters(index = "0", paramLabel = "ALIAS", description = "As in models/story@production.")
    String alias;

    @Parameters(index = "1", paramLabel = "VERSION", description = "As in 3, or models/story/versions/3.")
    String version;

    @Option(
            names = "--expect",
            paramLabel = "VERSION",
            description =
                    "Refuse unless the alias names this version now; none: unless it is new (default: whatever it names).")
    String expected;

    @Override
    public Integer call() {
        Output output = options.output();
        String name = ModelName.of(alias);
        SetAliasRequest.Builder request =
                SetAliasRequest.newBuilder().setName(name).setModelVersion(version(version));
        if (expected != null) {
            request.setExpectedModelVersion(expected.equals(NONE) ? "" : version(expected));
        }
        try (Services services = options.connect()) {
            Alias moved = services.checkpoint().setAlias(request.build());
            output.say("%s is %s", moved.getName(), moved.getModelVersion());
            output.result(Map.of("alias", moved.getName(), "model_version", moved.getModelVersion()));
        }
        return 0;
    }

    /** A number alone is a version of the alias's model. */
    private String version(String written) {
        if (!written.matches("[0-9]+")) {
            return ModelName.of(written);
        }
        String model = ModelName.of(alias);
        int at = model.indexOf('@');
        return (at < 0 ? model : model.substring(0, at)) + "/versions/" + written;
    }
}
