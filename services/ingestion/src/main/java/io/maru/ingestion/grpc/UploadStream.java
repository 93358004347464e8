package io.maru.ingestion.grpc;

import io.maru.ingestion.app.DocumentIntake;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.UploadedFile;
import io.maru.ingestion.v1.UploadRequest;
import io.maru.platform.error.CommonReason;

/** The order of one upload's messages: a header, then chunks. */
final class UploadStream implements AutoCloseable {
    private static final int MAX_CHUNK_BYTES = 1 << 20;
    private static final int MAX_FILE_NAME = 255;

    private final DocumentIntake intake;
    private final String workspace;
    private DocumentIntake.Upload upload;

    /** @param workspace whose upload it becomes */
    UploadStream(DocumentIntake intake, String workspace) {
        this.intake = intake;
        this.workspace = workspace;
    }

    void accept(UploadRequest part) {
        switch (part.getPartCase()) {
            case HEADER -> open(part.getHeader());
            case CHUNK -> {
                if (upload == null) {
                    throw outOfOrder("a chunk", "the header first");
                }
                if (part.getChunk().size() > MAX_CHUNK_BYTES) {
                    throw IngestionReason.CHUNK_TOO_LARGE.because(
                            "chunk: %d bytes (expected: at most %d)",
                            part.getChunk().size(), MAX_CHUNK_BYTES);
                }
                upload.accept(part.getChunk().toByteArray());
            }
            case PART_NOT_SET -> throw outOfOrder("an empty message", "a header or a chunk");
        }
    }

    private void open(UploadRequest.Header header) {
        if (upload != null) {
            throw outOfOrder("a second header", "a chunk");
        }
        if (header.getFileName().isBlank() || header.getFileName().length() > MAX_FILE_NAME) {
            throw CommonReason.INVALID_ARGUMENT.because(
                    "file_name: %d characters (expected: 1 to %d, not blank)",
                    header.getFileName().length(), MAX_FILE_NAME);
        }
        upload = intake.open(workspace, header.getFileName(), header.getKind());
    }

    UploadedFile store() {
        if (upload == null) {
            throw outOfOrder("no message", "the header first");
        }
        return upload.store();
    }

    private static RuntimeException outOfOrder(String found, String expected) {
        return IngestionReason.UPLOAD_OUT_OF_ORDER.because("upload: %s (expected: %s)", found, expected);
    }

    @Override
    public void close() {
        if (upload != null) {
            upload.close();
        }
    }
}
