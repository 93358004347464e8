package io.maru.cli.run;

import io.maru.cli.CommandFailure;
import io.maru.tokenization.v1.ImportTokenizerRequest;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.TokenizerFormatException;
import io.maru.tokenizer.WordPattern;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** A tokenizer on this machine: a tokenizer.json, or another form that {@link BpeTokenizer#read} reads. */
public final class TokenizerFile {
    private static final String JSON = "tokenizer.json";

    private TokenizerFile() {}

    /**
     * The tokenizer that the file holds.
     *
     * @param pattern how a tiktoken rank file cuts words; null where its name tells
     * @throws CommandFailure where the file is missing, broken, or asks for what this program would not do to the letter
     */
    public static BpeTokenizer read(Path file, WordPattern pattern) {
        if (!Files.exists(file)) {
            throw CommandFailure.badInput("file: %s: no such file (expected: a tokenizer.json)".formatted(file));
        }
        try {
            return BpeTokenizer.read(file, pattern);
        } catch (TokenizerFormatException e) {
            throw CommandFailure.badInput("file: %s: %s".formatted(file, e.getMessage()));
        } catch (IOException e) {
            throw CommandFailure.badInput("file: %s: not readable".formatted(file));
        }
    }

    /**
     * Registers it with tokenization: a tokenizer.json as it is, any other form as the tokenizer.json that says the same.
     *
     * @param pattern how a tiktoken rank file cuts words; null where its name tells
     * @param id the last part of the name; empty leaves it to the service
     */
    public static Tokenizer send(Services services, Path file, WordPattern pattern, String id) {
        BpeTokenizer tokenizer = read(file, pattern);
        Path json = Files.isDirectory(file) ? file.resolve(JSON) : file;
        if (Files.exists(json) && json.getFileName().toString().endsWith(".json")) {
            return sendJson(services, json, id);
        }
        try {
            Path written = Files.createTempFile("tokenizer-", ".json");
            try {
                Files.write(written, tokenizer.toJson());
                return sendJson(services, written, id);
            } finally {
                Files.delete(written);
            }
        } catch (TokenizerFormatException e) {
            throw CommandFailure.badInput("file: %s: %s".formatted(file, e.getMessage()));
        } catch (IOException e) {
            throw CommandFailure.failed("INPUT_OUTPUT", e.getMessage());
        }
    }

    private static Tokenizer sendJson(Services services, Path file, String id) {
        FileSender<ImportTokenizerRequest, Tokenizer> sender = new FileSender<>(
                file,
                ImportTokenizerRequest.newBuilder()
                        .setHeader(ImportTokenizerRequest.Header.newBuilder()
                                .setRequestId(UUID.randomUUID().toString())
                                .setTokenizerId(id))
                        .build(),
                chunk -> ImportTokenizerRequest.newBuilder().setChunk(chunk).build());
        services.tokenizationUpload().importTokenizer(sender);
        return sender.result("file");
    }
}
