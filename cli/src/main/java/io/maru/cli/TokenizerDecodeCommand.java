package io.maru.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "decode", description = "Token ids to text.", mixinStandardHelpOptions = true)
final class TokenizerDecodeCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @ArgGroup(multiplicity = "1")
    TokenizerSource source;

    @Mixin
    PatternOption pattern;

    @Option(
            names = "--jsonl",
            description = "Each line of standard input is a JSON array of ids, each line of output their text as a JSON"
                    + " string. A byte order mark before the first line is dropped, lines may end in CR LF, and a blank line"
                    + " is an error.")
    boolean jsonLines;

    @Parameters(
            paramLabel = "ID",
            arity = "0..*",
            description = "Default: standard input, with white space between them.")
    List<String> ids;

    @Override
    public Integer call() {
        Output output = options.output();
        TextInput.check(options, jsonLines, ids);
        try (TokenizerSource.Coding coding = source.open(options, pattern)) {
            if (jsonLines) {
                new JsonLines(System.in, System.out).answer(value -> coding.decode(JsonLines.ids(value)));
                return 0;
            }
            List<String> written = ids == null
                    ? TextInput.read(System.in)
                            .lines()
                            .flatMap(line -> List.of(line.strip().split("\\s+")).stream())
                            .filter(id -> !id.isEmpty())
                            .toList()
                    : ids;
            String text = coding.decode(TextInput.ids(written));
            output.stream(text);
            output.say("");
            output.result(Map.of("text", text));
        }
        return 0;
    }
}
