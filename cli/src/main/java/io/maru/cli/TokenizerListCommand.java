package io.maru.cli;

import io.maru.cli.run.Services;
import io.maru.cli.run.TokenizerReports;
import io.maru.tokenization.v1.ListTokenizersRequest;
import io.maru.tokenization.v1.ListTokenizersResponse;
import io.maru.tokenization.v1.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "list", description = "The tokenizers, newest first.", mixinStandardHelpOptions = true)
final class TokenizerListCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Option(names = "--limit", paramLabel = "N", defaultValue = "20", description = "At most this many (default: 20).")
    int limit;

    @Override
    public Integer call() {
        Output output = options.output();
        if (limit < 1) {
            throw CommandFailure.badInput(String.format(Locale.ROOT, "limit: %d (expected: >= 1)", limit));
        }
        List<Tokenizer> tokenizers = new ArrayList<>();
        try (Services services = options.connect()) {
            String token = "";
            do {
                ListTokenizersResponse page = services.tokenization()
                        .listTokenizers(ListTokenizersRequest.newBuilder()
                                .setPageSize(Math.min(limit - tokenizers.size(), 1000))
                                .setPageToken(token)
                                .build());
                tokenizers.addAll(page.getTokenizersList());
                token = page.getNextPageToken();
            } while (!token.isEmpty() && tokenizers.size() < limit);
        }
        output.say("%-40s %-10s %9s  %s", "tokenizer", "state", "tokens", "made of");
        for (Tokenizer tokenizer : tokenizers) {
            output.say(
                    "%-40s %-10s %9s  %s",
                    tokenizer.getName(),
                    tokenizer.getState(),
                    tokenizer.getTokens() == 0 ? "" : String.format(Locale.ROOT, "%,d", tokenizer.getTokens()),
                    tokenizer.getCorpus().isEmpty() ? "a file" : tokenizer.getCorpus());
        }
        output.result(Map.of(
                "tokenizers", tokenizers.stream().map(TokenizerReports::of).toList()));
        return 0;
    }
}
