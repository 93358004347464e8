package io.maru.checkpoint.grpc;

import static io.maru.checkpoint.domain.CheckpointReason.CHUNK_TOO_LARGE;
import static io.maru.checkpoint.domain.CheckpointReason.UPLOAD_OUT_OF_ORDER;

import io.maru.checkpoint.app.ModelFileIntake;
import io.maru.checkpoint.domain.ModelFile;
import io.maru.checkpoint.v1.UploadModelFileRequest;

/** The order of one upload's messages: a header, then chunks. */
final class UploadStream implements AutoCloseable {
    private static final int MAX_CHUNK_BYTES = 1 << 20;

    private final ModelFileIntake intake;
    private final String workspace;
    private ModelFileIntake.Upload upload;

    /** @param workspace whose file it becomes */
    UploadStream(ModelFileIntake intake, String workspace) {
        this.intake = intake;
        this.workspace = workspace;
    }

    void accept(UploadModelFileRequest part) {
        switch (part.getPartCase()) {
            case HEADER -> {
                if (upload != null) {
                    throw outOfOrder("a second header", "a chunk");
                }
                upload = intake.open(workspace, ImportMapping.toDomain(part.getHeader()));
            }
            case CHUNK -> {
                if (upload == null) {
                    throw outOfOrder("a chunk", "the header first");
                }
                if (part.getChunk().size() > MAX_CHUNK_BYTES) {
                    throw CHUNK_TOO_LARGE.because(
                            "chunk: %d bytes (expected: at most %d)",
                            part.getChunk().size(), MAX_CHUNK_BYTES);
                }
                upload.accept(part.getChunk().toByteArray());
            }
            case PART_NOT_SET -> throw outOfOrder("an empty message", "a header or a chunk");
        }
    }

    ModelFile store() {
        if (upload == null) {
            throw outOfOrder("no message", "the header first");
        }
        return upload.store();
    }

    private static RuntimeException outOfOrder(String found, String expected) {
        return UPLOAD_OUT_OF_ORDER.because("upload: %s (expected: %s)", found, expected);
    }

    @Override
    public void close() {
        if (upload != null) {
            upload.close();
        }
    }
}
