package io.maru.cli;

import io.maru.cli.run.Services;
import io.maru.cli.run.TokenizerReports;
import io.maru.tokenization.v1.CancelTokenizerRequest;
import io.maru.tokenization.v1.Tokenizer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "cancel", description = "Ask the training of a tokenizer to stop.", mixinStandardHelpOptions = true)
final class TokenizerCancelCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "TOKENIZER", description = "As in tokenizers/r-1a2b3c.")
    String name;

    @Override
    public Integer call() {
        Output output = options.output();
        try (Services services = options.connect()) {
            Tokenizer now = services.tokenization()
                    .cancelTokenizer(
                            CancelTokenizerRequest.newBuilder().setName(name).build());
            output.say("%s %s", now.getName(), now.getState());
            output.result(TokenizerReports.of(now));
        }
        return 0;
    }
}
