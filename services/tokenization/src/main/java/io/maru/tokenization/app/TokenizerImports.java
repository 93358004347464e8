package io.maru.tokenization.app;

import io.maru.formats.Sha256;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.ImportRequest;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.TokenizerFormatException;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** Takes in tokenizers that were made elsewhere, one at a time: a large one takes a good part of the memory to read. */
public final class TokenizerImports {
    static final int MAX_BYTES = 32 << 20;

    private final Tokenizers tokenizers;
    private final SealedFiles files;
    private final Semaphore place = new Semaphore(1);

    public TokenizerImports(Tokenizers tokenizers, SealedFiles files) {
        this.tokenizers = tokenizers;
        this.files = files;
    }

    /**
     * Begins an import. The caller closes it, whatever becomes of it.
     *
     * @param requestKey of the caller and the method
     * @param workspace whose tokenizer it becomes
     * @param tokenizerId the last part of the name; empty leaves it to the service
     * @throws Refusal TOO_MANY_IMPORTS
     */
    public Import open(String requestKey, String workspace, String tokenizerId) {
        if (!place.tryAcquire()) {
            throw TokenizationReason.TOO_MANY_IMPORTS.because(
                    "an import is under way (expected: none; try again when it has ended)");
        }
        return new Import(requestKey, workspace, tokenizerId);
    }

    /** One tokenizer.json on its way in. Not for several threads at once. */
    public final class Import implements AutoCloseable {
        private final String requestKey;
        private final String workspace;
        private final String tokenizerId;
        private final ByteArrayOutputStream json = new ByteArrayOutputStream();
        private final AtomicBoolean closed = new AtomicBoolean();

        private Import(String requestKey, String workspace, String tokenizerId) {
            this.requestKey = requestKey;
            this.workspace = workspace;
            this.tokenizerId = tokenizerId;
        }

        /** @throws Refusal TOKENIZER_TOO_LARGE */
        public void accept(byte[] bytes) {
            if (bytes.length > MAX_BYTES - json.size()) {
                throw TokenizationReason.TOKENIZER_TOO_LARGE.because(
                        "tokenizer.json: more than %d bytes (expected: at most that)", MAX_BYTES);
            }
            json.writeBytes(bytes);
        }

        /**
         * Registers the tokenizer, unless this request has done so before. Its file is kept as it came.
         *
         * @throws Refusal INVALID_TOKENIZER, TOKENIZER_EXISTS, REQUEST_ID_REUSED
         */
        public Tokenizer register() {
            byte[] bytes = json.toByteArray();
            ImportRequest request = new ImportRequest(requestKey, workspace, tokenizerId, Sha256.of(bytes));
            return tokenizers.register(request, () -> read(bytes), (name, tokenizer) -> {
                files.put(Tokenizer.jsonKey(name), bytes);
                files.put(Tokenizer.configKey(name), tokenizer.configJson());
            });
        }

        private static BpeTokenizer read(byte[] bytes) {
            try {
                BpeTokenizer tokenizer = BpeTokenizer.fromJson(bytes);
                // Known now that something can stand between documents.
                tokenizer.endOfText();
                return tokenizer;
            } catch (TokenizerFormatException e) {
                throw new Refusal(TokenizationReason.INVALID_TOKENIZER, e.getMessage(), e);
            }
        }

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                place.release();
            }
        }
    }
}
