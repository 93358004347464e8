package io.maru.tokenization.grpc;

import io.maru.platform.name.ResourceName;
import io.maru.tokenization.app.TokenizerImports;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.v1.ImportTokenizerRequest;

/** The order of one import's messages: a header, then chunks. */
final class ImportStream implements AutoCloseable {
    private static final int MAX_CHUNK_BYTES = 1 << 20;

    private final TokenizerImports imports;
    private TokenizerImports.Import file;

    ImportStream(TokenizerImports imports) {
        this.imports = imports;
    }

    void accept(ImportTokenizerRequest part) {
        switch (part.getPartCase()) {
            case HEADER -> open(part.getHeader());
            case CHUNK -> {
                if (file == null) {
                    throw outOfOrder("a chunk", "the header first");
                }
                if (part.getChunk().size() > MAX_CHUNK_BYTES) {
                    throw TokenizationReason.IMPORT_OUT_OF_ORDER.because(
                            "chunk: %d bytes (expected: at most %d)",
                            part.getChunk().size(), MAX_CHUNK_BYTES);
                }
                file.accept(part.getChunk().toByteArray());
            }
            case PART_NOT_SET -> throw outOfOrder("an empty message", "a header or a chunk");
        }
    }

    private void open(ImportTokenizerRequest.Header header) {
        if (file != null) {
            throw outOfOrder("a second header", "a chunk");
        }
        file = imports.open(
                ResourceName.checkRequestId(header.getRequestId()),
                TokenizationMapping.id("tokenizer_id", header.getTokenizerId()));
    }

    Tokenizer register() {
        if (file == null) {
            throw outOfOrder("no message", "the header first");
        }
        return file.register();
    }

    private static RuntimeException outOfOrder(String found, String expected) {
        return TokenizationReason.IMPORT_OUT_OF_ORDER.because("import: %s (expected: %s)", found, expected);
    }

    @Override
    public void close() {
        if (file != null) {
            file.close();
        }
    }
}
