package io.maru.tokenization.grpc;

import io.maru.platform.caller.Caller;
import io.maru.tokenization.app.TokenizerImports;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.v1.ImportTokenizerRequest;

/** The order of one import's messages: a header, then chunks. */
final class ImportStream implements AutoCloseable {
    private static final int MAX_CHUNK_BYTES = 1 << 20;

    private final TokenizerImports imports;
    private final Caller caller;
    private TokenizerImports.Import file;

    ImportStream(TokenizerImports imports, Caller caller) {
        this.imports = imports;
        this.caller = caller;
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
        // A stream's messages may come on any thread, and only the first knows who is calling.
        caller.run(() -> file = imports.open(
                Caller.requestKey("ImportTokenizer", header.getRequestId()),
                caller.workspace(),
                TokenizationMapping.id("tokenizer_id", header.getTokenizerId())));
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
