package io.maru.cli;

import io.maru.tokenizer.SpecialTokens;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "encode",
        description =
                "Text to token ids: the text's alone, as in a dataset, unless --template asks for those around it.",
        mixinStandardHelpOptions = true)
final class TokenizerEncodeCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @ArgGroup(multiplicity = "1")
    TokenizerSource source;

    @Mixin
    PatternOption pattern;

    @Option(
            names = "--special",
            paramLabel = "allow|refuse|text",
            defaultValue = "text",
            description =
                    "What is spelt like a special token becomes it, is an error, or is ordinary text (default: text).")
    SpecialTokens special;

    @Option(
            names = "--template",
            description =
                    "With the ids that the tokenizer's template puts around a text, such as those of its beginning and"
                            + " its end: what Hugging Face encodes by default.")
    boolean template;

    @Option(
            names = "--jsonl",
            description =
                    "Each line of standard input is a JSON string, each line of output a JSON array of its ids. A byte"
                            + " order mark before the first line is dropped, lines may end in CR LF, and a blank line is an error.")
    boolean jsonLines;

    @Parameters(paramLabel = "TEXT", arity = "0..1", description = "Default: standard input, as it is.")
    String text;

    @Override
    public Integer call() {
        Output output = options.output();
        TextInput.check(options, jsonLines, text);
        try (TokenizerSource.Coding coding = source.open(options, pattern)) {
            if (jsonLines) {
                new JsonLines(System.in, System.out)
                        .answer(value -> coding.encode(JsonLines.string(value), special, template));
                return 0;
            }
            int[] ids = coding.encode(text == null ? TextInput.read(System.in) : text, special, template);
            output.say(Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(" ")));
            output.result(Map.of("ids", ids));
        }
        return 0;
    }
}
