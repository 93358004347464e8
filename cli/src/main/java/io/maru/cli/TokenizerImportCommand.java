package io.maru.cli;

import io.maru.cli.run.Services;
import io.maru.cli.run.TokenizerFile;
import io.maru.cli.run.TokenizerReports;
import io.maru.tokenization.v1.Tokenizer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "import",
        description = "Register a tokenizer that was made elsewhere, for recipes to use.",
        mixinStandardHelpOptions = true)
final class TokenizerImportCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(
            paramLabel = "FILE",
            description =
                    "A Hugging Face tokenizer.json, a tiktoken rank file, a SentencePiece .model of which a tokenizer.json can"
                            + " tell all, or a folder with vocab.json and merges.txt.")
    Path file;

    @Mixin
    PatternOption pattern;

    @Option(
            names = "--id",
            paramLabel = "ID",
            defaultValue = "",
            description = "It becomes tokenizers/ID (default: one that is made up).")
    String id;

    @Override
    public Integer call() {
        Output output = options.output();
        // A file that cannot be honoured is refused here too, without a stack.
        TokenizerFile.read(file, pattern.pattern);
        try (Services services = options.connect()) {
            Tokenizer tokenizer = TokenizerFile.send(services, file, pattern.pattern, id);
            TokenizerReports.print(tokenizer, output);
            output.say("in a recipe: encode: {tokenizer: %s}", tokenizer.getName());
            output.result(TokenizerReports.of(tokenizer));
        }
        return 0;
    }
}
