package io.maru.cli.run;

import io.maru.cli.CommandFailure;
import io.maru.tokenization.v1.ImportTokenizerRequest;
import io.maru.tokenization.v1.Tokenizer;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** A tokenizer.json on this machine. */
public final class TokenizerFile {
    private TokenizerFile() {}

    /** @throws CommandFailure where the file is missing, broken, or asks for what this program would not do to the letter */
    public static BpeTokenizer read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw CommandFailure.badInput("file: %s: no such file (expected: a tokenizer.json)".formatted(file));
        }
        try {
            return BpeTokenizer.read(file);
        } catch (TokenizerFormatException e) {
            throw CommandFailure.badInput("file: %s: %s".formatted(file, e.getMessage()));
        } catch (IOException e) {
            throw CommandFailure.badInput("file: %s: not readable".formatted(file));
        }
    }

    /**
     * Registers it with tokenization.
     *
     * @param id the last part of the name; empty leaves it to the service
     */
    public static Tokenizer send(Services services, Path file, String id) {
        read(file);
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
