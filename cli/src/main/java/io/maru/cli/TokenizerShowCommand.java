package io.maru.cli;

import io.maru.cli.run.Services;
import io.maru.cli.run.TokenizerReports;
import io.maru.tokenization.v1.GetTokenizerReportRequest;
import io.maru.tokenization.v1.GetTokenizerRequest;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenization.v1.TokenizerReport;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "show",
        description = "A tokenizer and its quality report: bytes per token by script, used and unused tokens.",
        mixinStandardHelpOptions = true)
final class TokenizerShowCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(paramLabel = "TOKENIZER", description = "As in tokenizers/r-1a2b3c.")
    String name;

    @Override
    public Integer call() {
        Output output = options.output();
        try (Services services = options.connect()) {
            Tokenizer tokenizer = services.tokenization()
                    .getTokenizer(GetTokenizerRequest.newBuilder().setName(name).build());
            TokenizerReports.print(tokenizer, output);
            Map<String, Object> result = TokenizerReports.of(tokenizer);
            if (tokenizer.getReportSha256().isEmpty()) {
                output.say("no report: only a tokenizer that was trained here and is READY has one");
                result.put("report", null);
            } else {
                TokenizerReport report = services.tokenization()
                        .getTokenizerReport(GetTokenizerReportRequest.newBuilder()
                                .setName(name)
                                .build());
                TokenizerReports.print(report, output);
                result.put("report", TokenizerReports.of(report));
            }
            output.result(result);
        }
        return 0;
    }
}
