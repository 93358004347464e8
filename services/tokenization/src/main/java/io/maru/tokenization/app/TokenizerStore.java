package io.maru.tokenization.app;

import io.maru.tokenization.domain.ImportRequest;
import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TokenizerRequest;
import java.util.List;
import java.util.Optional;

/** The tokenizers that were asked for. */
public interface TokenizerStore {
    Optional<Tokenizer> find(String name);

    Optional<Tokenizer> findByRequest(String requestKey);

    /** Lists at most {@code limit} tokenizers of a workspace with a sequence below {@code before}, newest first. */
    List<Tokenizer> list(String workspace, long before, int limit);

    /** A new PENDING tokenizer, offered to the workers; nothing where its name or its request key is taken. */
    Optional<Tokenizer> create(String name, TokenizerRequest request, String corpusSha256);

    /**
     * A new READY tokenizer that nobody trains; nothing where its name or its request key is taken.
     *
     * @param tokens that its vocabulary has
     * @param storeFiles called while the name is held and nobody can see the tokenizer yet; where it throws, there is none
     */
    Optional<Tokenizer> createReady(String name, ImportRequest request, int tokens, Runnable storeFiles);

    /** PENDING becomes CANCELLED, TRAINING becomes CANCELLING, anything else stays. Nothing where there is none. */
    Optional<Tokenizer> cancel(String name);
}
