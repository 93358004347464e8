package io.maru.cli;

import io.maru.cli.run.Services;
import io.maru.cli.run.TokenizerFile;
import io.maru.tokenization.v1.DecodeRequest;
import io.maru.tokenization.v1.EncodeRequest;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.SpecialTokenException;
import io.maru.tokenizer.SpecialTokens;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Where the tokenizer comes from that a command encodes or decodes with: a file, or the running stack. */
final class TokenizerSource {
    @Option(
            names = "--file",
            paramLabel = "FILE",
            description =
                    "A tokenizer.json, a tiktoken rank file, a SentencePiece .model, or a folder with vocab.json and"
                            + " merges.txt; works without a running stack.")
    Path file;

    @Option(
            names = "--tokenizer",
            paramLabel = "TOKENIZER",
            description = "A registered one, as in tokenizers/r-1a2b3c.")
    String name;

    Coding open(CommonOptions options, PatternOption pattern) {
        if (file == null && pattern.pattern != null) {
            throw CommandFailure.badInput("--pattern: beside --tokenizer (expected: with --file)");
        }
        return file == null
                ? new Registered(options.connect(), name)
                : new Local(TokenizerFile.read(file, pattern.pattern));
    }

    /** Text to ids and back. */
    sealed interface Coding extends AutoCloseable {
        /** @param template whether to put the tokens of the tokenizer's template around the text */
        int[] encode(String text, SpecialTokens special, boolean template);

        String decode(int[] ids);

        @Override
        void close();
    }

    private record Local(BpeTokenizer tokenizer) implements Coding {
        @Override
        public int[] encode(String text, SpecialTokens special, boolean template) {
            try {
                int[] ids = tokenizer.encode(text, special);
                return template ? tokenizer.withTemplate(ids) : ids;
            } catch (SpecialTokenException e) {
                throw CommandFailure.badInput(e.getMessage());
            }
        }

        @Override
        public String decode(int[] ids) {
            for (int i = 0; i < ids.length; i++) {
                if (ids[i] >= tokenizer.vocabularySize()) {
                    throw CommandFailure.badInput(String.format(
                            Locale.ROOT, "ids[%d]: %d (expected: 0 to %d)", i, ids[i], tokenizer.vocabularySize() - 1));
                }
            }
            return tokenizer.decode(ids);
        }

        @Override
        public void close() {}
    }

    private record Registered(Services services, String name) implements Coding {
        @Override
        public int[] encode(String text, SpecialTokens special, boolean template) {
            return services
                    .tokenization()
                    .encode(EncodeRequest.newBuilder()
                            .setTokenizer(name)
                            .setText(text)
                            .setSpecialTokens(EncodeRequest.SpecialTokens.valueOf(special.name()))
                            .setTemplate(template)
                            .build())
                    .getIdsList()
                    .stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
        }

        @Override
        public String decode(int[] ids) {
            return services.tokenization()
                    .decode(DecodeRequest.newBuilder()
                            .setTokenizer(name)
                            .addAllIds(Arrays.stream(ids).boxed().toList())
                            .build())
                    .getText();
        }

        @Override
        public void close() {
            services.close();
        }
    }
}
