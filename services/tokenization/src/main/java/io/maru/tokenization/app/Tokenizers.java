package io.maru.tokenization.app;

import io.maru.formats.Sha256;
import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.ImportRequest;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TokenizerRequest;
import io.maru.tokenization.domain.TokenizerState;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.QualityReport;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** What callers may do with tokenizers. */
public final class Tokenizers {
    private final TokenizerStore tokenizers;
    private final Corpora corpora;
    private final SealedFiles files;

    public Tokenizers(TokenizerStore tokenizers, Corpora corpora, SealedFiles files) {
        this.tokenizers = tokenizers;
        this.corpora = corpora;
        this.files = files;
    }

    /**
     * The tokenizer of this request, a new one if the request is new.
     *
     * @throws Refusal CORPUS_NOT_SEALED and its like, TOKENIZER_EXISTS, REQUEST_ID_REUSED
     */
    public Tokenizer train(TokenizerRequest request) {
        Optional<Tokenizer> earlier = tokenizers.findByRequest(request.requestKey());
        if (earlier.isPresent()) {
            return same(request.describes(earlier.get()), earlier.get());
        }
        String corpusSha256 = corpora.read(request.corpus()).manifestSha256();
        String name = name(request.workspace(), request.tokenizerId());
        return tokenizers.create(name, request, corpusSha256).orElseGet(() -> {
            Tokenizer taken = holder(request.requestKey(), name);
            return same(request.describes(taken), taken);
        });
    }

    /**
     * The tokenizer that this request imports; what is known to be the same request is not read again.
     *
     * @param read the tokenizer, or a refusal; called before anything is stored
     * @param store puts the files of the tokenizer of this name into the store
     * @throws Refusal TOKENIZER_EXISTS, REQUEST_ID_REUSED, and what {@code read} throws
     */
    Tokenizer register(ImportRequest request, Supplier<BpeTokenizer> read, BiConsumer<String, BpeTokenizer> store) {
        Optional<Tokenizer> earlier = tokenizers.findByRequest(request.requestKey());
        if (earlier.isPresent()) {
            return same(request.describes(earlier.get()), earlier.get());
        }
        BpeTokenizer tokenizer = read.get();
        String name = name(request.workspace(), request.tokenizerId());
        return tokenizers
                .createReady(name, request, tokenizer.vocabularySize(), () -> store.accept(name, tokenizer))
                .orElseGet(() -> {
                    Tokenizer taken = holder(request.requestKey(), name);
                    return same(request.describes(taken), taken);
                });
    }

    private static String name(String workspace, String id) {
        return Tokenizer.name(workspace, id.isEmpty() ? UUID.randomUUID().toString() : id);
    }

    /** Either the same request came twice at once, or the name is another request's. */
    private Tokenizer holder(String requestKey, String name) {
        return tokenizers
                .findByRequest(requestKey)
                .orElseThrow(() -> TokenizationReason.TOKENIZER_EXISTS.because(
                        "tokenizer_id: %s is there already (expected: a name that no other request has taken)", name));
    }

    private static Tokenizer same(boolean same, Tokenizer tokenizer) {
        if (!same) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: it created %s from another request (expected: the same request, or a new id)",
                    tokenizer.name());
        }
        return tokenizer;
    }

    public Tokenizer get(String name) {
        return tokenizers.find(name).orElseThrow(() -> missing(name));
    }

    /**
     * A tokenizer that can be used.
     *
     * @throws Refusal TOKENIZER_NOT_FOUND, TOKENIZER_NOT_READY
     */
    public Tokenizer getReady(String name) {
        Tokenizer tokenizer = get(name);
        if (tokenizer.state() != TokenizerState.READY) {
            throw TokenizationReason.TOKENIZER_NOT_READY.because("%s: %s (expected: READY)", name, tokenizer.state());
        }
        return tokenizer;
    }

    /**
     * The quality report of a tokenizer that was trained here.
     *
     * @throws Refusal TOKENIZER_NOT_READY and its like, REPORT_NOT_FOUND, TOKENIZER_CORRUPT
     */
    public QualityReport report(String name) {
        Tokenizer tokenizer = getReady(name);
        if (tokenizer.reportSha256().isEmpty()) {
            throw TokenizationReason.REPORT_NOT_FOUND.because(
                    "%s: no report (expected: a tokenizer that was trained here; an imported one was measured on no corpus)",
                    name);
        }
        String key = Tokenizer.reportKey(name);
        byte[] json = files.bytes(key, QualityReport.MAX_BYTES)
                .orElseThrow(() -> TokenizationReason.TOKENIZER_CORRUPT.because(
                        "%s: no such object (expected: the report of a ready tokenizer)", key));
        String found = Sha256.of(json);
        if (!found.equals(tokenizer.reportSha256())) {
            throw TokenizationReason.TOKENIZER_CORRUPT.because(
                    "%s: sha256 is %s (expected: %s)", key, found, tokenizer.reportSha256());
        }
        return QualityReport.fromJson(json);
    }

    /** Lists at most {@code limit} tokenizers of a workspace with a sequence below {@code before}, newest first. */
    public List<Tokenizer> list(String workspace, long before, int limit) {
        return tokenizers.list(workspace, before, limit);
    }

    public Tokenizer cancel(String name) {
        return tokenizers.cancel(name).orElseThrow(() -> missing(name));
    }

    private static Refusal missing(String name) {
        return TokenizationReason.TOKENIZER_NOT_FOUND.because(
                "%s: no such tokenizer (expected: one that was trained here or imported)", name);
    }
}
