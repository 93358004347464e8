package io.maru.tokenization.app;

import io.maru.tokenization.domain.Tokenizer;
import io.maru.tokenization.domain.TokenizerRequest;
import java.util.List;
import java.util.Optional;

/** The tokenizers that were asked for. */
public interface TokenizerStore {
    Optional<Tokenizer> find(String name);

    Optional<Tokenizer> findByRequest(String requestId);

    /** At most {@code limit} with a sequence below {@code before}, newest first. */
    List<Tokenizer> list(long before, int limit);

    /** A new PENDING tokenizer, offered to the workers; nothing where its name or its request id is taken. */
    Optional<Tokenizer> create(String name, TokenizerRequest request, String corpusSha256);

    /** PENDING becomes CANCELLED, TRAINING becomes CANCELLING, anything else stays. Nothing where there is none. */
    Optional<Tokenizer> cancel(String name);
}
