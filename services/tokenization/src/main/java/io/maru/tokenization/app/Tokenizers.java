package io.maru.tokenization.app;

import io.maru.platform.error.CommonReason;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.TokenizationReason;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TokenizerRequest;
import io.maru.tokenization.domain.TokenizerState;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What callers may do with tokenizers. */
public final class Tokenizers {
    private final TokenizerStore tokenizers;
    private final Corpora corpora;

    public Tokenizers(TokenizerStore tokenizers, Corpora corpora) {
        this.tokenizers = tokenizers;
        this.corpora = corpora;
    }

    /**
     * The tokenizer of this request, a new one if the request is new.
     *
     * @throws Refusal CORPUS_NOT_SEALED and its like, TOKENIZER_EXISTS, REQUEST_ID_REUSED
     */
    public Tokenizer train(TokenizerRequest request) {
        Optional<Tokenizer> earlier = tokenizers.findByRequest(request.requestId());
        if (earlier.isPresent()) {
            return same(request, earlier.get());
        }
        String corpusSha256 = corpora.read(request.corpus()).manifestSha256();
        String name = Tokenizer.name(
                request.tokenizerId().isEmpty() ? UUID.randomUUID().toString() : request.tokenizerId());
        Optional<Tokenizer> created = tokenizers.create(name, request, corpusSha256);
        if (created.isPresent()) {
            return created.get();
        }
        // Either the same request came twice at once, or the name is another request's.
        return same(
                request,
                tokenizers
                        .findByRequest(request.requestId())
                        .orElseThrow(() -> TokenizationReason.TOKENIZER_EXISTS.because(
                                "tokenizer_id: %s is there already (expected: a name that no other request has taken)",
                                name)));
    }

    private static Tokenizer same(TokenizerRequest request, Tokenizer tokenizer) {
        if (!request.describes(tokenizer)) {
            throw CommonReason.REQUEST_ID_REUSED.because(
                    "request_id: %s created %s from another request (expected: the same request, or a new id)",
                    request.requestId(), tokenizer.name());
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

    /** At most {@code limit} with a sequence below {@code before}, newest first. */
    public List<Tokenizer> list(long before, int limit) {
        return tokenizers.list(before, limit);
    }

    public Tokenizer cancel(String name) {
        return tokenizers.cancel(name).orElseThrow(() -> missing(name));
    }

    private static Refusal missing(String name) {
        return TokenizationReason.TOKENIZER_NOT_FOUND.because(
                "%s: no such tokenizer (expected: one that TrainTokenizer made)", name);
    }
}
