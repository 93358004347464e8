package io.maru.cli;

import io.maru.cli.run.Services;
import io.maru.cli.run.TokenizerReports;
import io.maru.cli.run.TokenizerTraining;
import io.maru.cli.run.Upload;
import io.maru.tokenization.v1.GetTokenizerReportRequest;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerReport;
import io.maru.tokenization.v1.TokenizerSpec;
import io.maru.tokenizer.TieRule;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "train",
        description = "Train a tokenizer on text, or on a corpus that is sealed already, and follow it to its end.",
        mixinStandardHelpOptions = true)
final class TokenizerTrainCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @ArgGroup(multiplicity = "1")
    Source source;

    static final class Source {
        @Option(names = "--text", paramLabel = "FILE", arity = "1..*", description = "UTF-8 text to learn from.")
        List<Path> texts = List.of();

        @Option(names = "--corpus", paramLabel = "CORPUS", description = "As in corpora/r-1a2b3c.")
        String corpus;
    }

    @Mixin
    KindOption kind;

    @Option(
            names = "--vocabulary-size",
            paramLabel = "N",
            defaultValue = "1024",
            description = "The most tokens (default: ${DEFAULT-VALUE}).")
    int vocabularySize;

    @Option(
            names = "--tie-rule",
            paramLabel = "smallest_ids|lexicographic",
            defaultValue = "smallest_ids",
            description =
                    "Of equally frequent pairs, the one of the smallest ids is merged first, as Hugging Face's trainer"
                            + " does, or the one of the greatest bytes (default: ${DEFAULT-VALUE}).")
    TieRule tieRule;

    @Option(
            names = "--id",
            paramLabel = "ID",
            defaultValue = "",
            description = "It becomes tokenizers/ID (default: one that is made up).")
    String id;

    @Override
    public Integer call() {
        Output output = options.output();
        source.texts.forEach(Upload::check);
        Map<Path, String> kinds = kind.of(source.texts);
        try (Services services = options.connect()) {
            TokenizerTraining training = new TokenizerTraining(services, output);
            String corpus = source.corpus == null ? training.corpus(source.texts, kinds) : source.corpus;
            Tokenizer tokenizer =
                    training.train(corpus, vocabularySize, TokenizerSpec.TieRule.valueOf(tieRule.name()), id);
            TokenizerReports.requireReady(tokenizer);
            TokenizerReport report = services.tokenization()
                    .getTokenizerReport(GetTokenizerReportRequest.newBuilder()
                            .setName(tokenizer.getName())
                            .build());
            TokenizerReports.print(tokenizer, output);
            TokenizerReports.print(report, output);
            Map<String, Object> result = TokenizerReports.of(tokenizer);
            result.put("report", TokenizerReports.of(report));
            output.result(result);
        }
        return 0;
    }
}
