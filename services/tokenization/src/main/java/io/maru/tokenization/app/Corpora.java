package io.maru.tokenization.app;

import io.maru.formats.CorruptFileException;
import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.TokenizationReason;
import java.util.ArrayList;
import java.util.List;

/** Sealed corpora, as their manifests in the store tell of them. */
public final class Corpora {
    private final SealedFiles files;

    public Corpora(SealedFiles files) {
        this.files = files;
    }

    /**
     * What the corpus's manifest says now.
     *
     * @param corpus the full name
     * @throws Refusal CORPUS_NOT_SEALED, CORPUS_CORRUPT, CORPUS_WITHOUT_TEXT
     */
    public SealedCorpus read(String corpus) {
        byte[] json = files.bytes(corpus + "/manifest.json", Manifest.MAX_BYTES)
                .orElseThrow(() -> TokenizationReason.CORPUS_NOT_SEALED.because(
                        "%s: no manifest (expected: a sealed corpus)", corpus));
        try {
            Manifest manifest = Manifest.fromJson(json);
            if (!manifest.kind().equals("corpus")) {
                throw corrupt(corpus, "kind " + manifest.kind(), "corpus");
            }
            List<DocumentShard> shards = new ArrayList<>();
            for (Manifest.Entry entry : manifest.entries()) {
                shards.add(shard(corpus, entry));
            }
            if (shards.stream().noneMatch(shard -> shard.split().equals(DocumentShard.TRAIN))) {
                throw TokenizationReason.CORPUS_WITHOUT_TEXT.because(
                        "%s: no training shard among %d (expected: at least one)", corpus, shards.size());
            }
            long conversations = Long.parseLong(manifest.attributes().getOrDefault("conversations", "0"));
            return new SealedCorpus(corpus, Sha256.of(json), conversations, shards);
        } catch (CorruptFileException | NumberFormatException e) {
            throw new Refusal(
                    TokenizationReason.CORPUS_CORRUPT, corpus + ": its manifest is broken: " + e.getMessage(), e);
        }
    }

    /**
     * The same, of a corpus that was read before.
     *
     * @throws Refusal CORPUS_CORRUPT where it is another one now
     */
    public SealedCorpus read(String corpus, String manifestSha256) {
        SealedCorpus found = read(corpus);
        if (!found.manifestSha256().equals(manifestSha256)) {
            throw corrupt(corpus, "a manifest with sha256 " + found.manifestSha256(), manifestSha256);
        }
        return found;
    }

    private static DocumentShard shard(String corpus, Manifest.Entry entry) {
        String split = entry.attributes().getOrDefault("split", "none");
        if (!split.equals(DocumentShard.TRAIN) && !split.equals(DocumentShard.VALIDATION)) {
            throw corrupt(corpus, entry.key() + " with split " + split, "train or validation");
        }
        if (!entry.key().matches("shards/[a-z0-9-]+")) {
            throw corrupt(corpus, "the key " + entry.key(), "shards/{shard}");
        }
        long textBytes = Long.parseLong(entry.attributes().getOrDefault("textBytes", "none"));
        return new DocumentShard(corpus, entry.key(), entry.sha256(), split, textBytes);
    }

    private static Refusal corrupt(String corpus, String found, String expected) {
        return TokenizationReason.CORPUS_CORRUPT.because("%s: %s (expected: %s)", corpus, found, expected);
    }

    /**
     * A corpus that never changes again.
     *
     * @param conversations documents that are messages
     * @param shards in the manifest's order
     */
    public record SealedCorpus(String name, String manifestSha256, long conversations, List<DocumentShard> shards) {}
}
