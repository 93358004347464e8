package io.maru.cli.run;

import io.grpc.StatusRuntimeException;
import io.maru.cli.CommandFailure;
import io.maru.ingestion.v1.UploadRequest;
import io.maru.ingestion.v1.UploadedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sends one text file to ingestion, no faster than it takes it. */
public final class Upload {
    private Upload() {}

    /** @throws CommandFailure where a file is missing, empty or not a file: known before anything starts */
    public static void check(Path file) {
        if (!Files.exists(file)) {
            throw CommandFailure.badInput("text: %s: no such file (expected: a UTF-8 text file)".formatted(file));
        }
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw CommandFailure.badInput(
                    "text: %s: not a readable file (expected: a UTF-8 text file)".formatted(file));
        }
        try {
            if (Files.size(file) == 0) {
                throw CommandFailure.badInput("text: %s: 0 bytes (expected: at least 1)".formatted(file));
            }
        } catch (IOException e) {
            throw CommandFailure.badInput("text: %s: %s".formatted(file, CommandFailure.problem(e)));
        }
    }

    /**
     * @param kind of text; empty to leave it to the ending of the file's name
     * @throws StatusRuntimeException where ingestion refuses the file
     */
    public static UploadedFile send(Services services, Path file, String kind) {
        FileSender<UploadRequest, UploadedFile> sender = new FileSender<>(
                file,
                UploadRequest.newBuilder()
                        .setHeader(UploadRequest.Header.newBuilder()
                                .setFileName(file.getFileName().toString())
                                .setKind(kind))
                        .build(),
                chunk -> UploadRequest.newBuilder().setChunk(chunk).build());
        services.ingestion().upload(sender);
        return sender.result("text");
    }
}
