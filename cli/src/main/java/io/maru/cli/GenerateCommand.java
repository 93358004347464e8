package io.maru.cli;

import io.maru.cli.run.Services;
import io.maru.inference.v1.GenerateRequest;
import io.maru.inference.v1.GenerateResponse;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "generate",
        description = "Let a model go on with a prompt; the text streams as it is made.",
        mixinStandardHelpOptions = true)
final class GenerateCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description =
                    "models/NAME, models/NAME@ALIAS, models/NAME/versions/N or runs/RUN/checkpoints/TRAINING-STEP.")
    String model;

    @Parameters(index = "1", paramLabel = "PROMPT")
    String prompt;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "0",
            description = "New tokens at most (default: as many as fit into the context).")
    int maxTokens;

    @Option(
            names = "--truncate-prompt",
            description = "Leave out the first tokens of a prompt that is too long for the model (default: refuse it).")
    boolean truncatePrompt;

    @Option(
            names = "--parse-special",
            description =
                    "What is spelt like a special token in the prompt, as in <|im_end|>, is that token (default: it is text).")
    boolean parseSpecial;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "0.8",
            description = "0 takes the likeliest token each time (default: 0.8).")
    double temperature;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            defaultValue = "0",
            description = "Sample among the K likeliest tokens (default: all).")
    int topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            defaultValue = "1",
            description = "Sample among the likeliest tokens that together have probability P (default: 1).")
    double topP;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "The same seed gives the same text (default: a random one).")
    Long seed;

    @Override
    public Integer call() {
        Output output = options.output();
        GenerateRequest.Builder request = GenerateRequest.newBuilder()
                .setModel(model)
                .setPrompt(prompt)
                .setTruncatePrompt(truncatePrompt)
                .setParseSpecial(parseSpecial)
                .setMaxTokens(maxTokens)
                .setTemperature(temperature)
                .setTopK(topK)
                .setTopP(topP);
        if (seed != null) {
            request.setSeed(seed);
        }
        StringBuilder text = new StringBuilder();
        GenerateResponse last = GenerateResponse.getDefaultInstance();
        try (Services services = options.connect()) {
            Iterator<GenerateResponse> answers = services.inference().generate(request.build());
            // Whatever is refused is refused before the first answer.
            if (answers.hasNext()) {
                output.stream(prompt);
            }
            while (answers.hasNext()) {
                last = answers.next();
                text.append(last.getText());
                output.stream(last.getText());
            }
        }
        output.say("");
        if (last.getTruncatedTokens() > 0) {
            output.say("the first %d tokens of the prompt do not fit and are left out", last.getTruncatedTokens());
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("model", model);
        result.put("text", text.toString());
        result.put("finish_reason", last.getFinishReason().name());
        result.put("prompt_tokens", last.getPromptTokens());
        result.put("truncated_tokens", last.getTruncatedTokens());
        result.put("completion_tokens", last.getCompletionTokens());
        output.result(result);
        return 0;
    }
}
