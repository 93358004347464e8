package io.maru.tokenization.app;

import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.tokenization.domain.Dataset;
import io.maru.tokenization.domain.TokenShard;
import io.maru.tokenizer.BpeTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes what completes a dataset: copies of its tokenizer's files, and the manifest last. The bytes depend on the corpus
 * and the tokenizer alone, so doing it twice, or in another dataset, gives the same digest.
 */
public final class DatasetSealing {
    private final SealedFiles files;
    private final LoadedTokenizers tokenizers;

    public DatasetSealing(SealedFiles files, LoadedTokenizers tokenizers) {
        this.files = files;
        this.tokenizers = tokenizers;
    }

    /**
     * Returns the manifest's digest.
     *
     * @param shards all of them, in the corpus's order
     */
    public String seal(Dataset dataset, List<TokenShard> shards) {
        BpeTokenizer tokenizer = tokenizers.get(dataset.tokenizer(), dataset.tokenizerSha256());
        List<Manifest.Entry> entries = new ArrayList<>();
        entries.add(copy(dataset, "tokenizer.json", tokenizers.json(dataset.tokenizer(), dataset.tokenizerSha256())));
        entries.add(copy(dataset, "tokenizer_config.json", tokenizer.configJson()));
        for (TokenShard shard : shards) {
            entries.add(new Manifest.Entry(
                    shard.key(),
                    shard.size(),
                    shard.sha256(),
                    Map.of(
                            "split", shard.split(),
                            "tokens", Long.toString(shard.tokens()),
                            "textBytes", Long.toString(shard.textBytes()))));
        }
        Manifest manifest = new Manifest(
                "dataset",
                Map.of(
                        "corpusSha256", dataset.corpusSha256(),
                        "tokenizerSha256", dataset.tokenizerSha256(),
                        "vocabularySize", Integer.toString(dataset.vocabularySize()),
                        "trainTokens", Long.toString(dataset.trainTokens()),
                        "validationTokens", Long.toString(dataset.validationTokens()),
                        "trainBytes", Long.toString(dataset.trainBytes()),
                        "validationBytes", Long.toString(dataset.validationBytes())),
                entries);
        files.put(dataset.manifestKey(), manifest.toJson());
        return manifest.digest();
    }

    private Manifest.Entry copy(Dataset dataset, String file, byte[] content) {
        files.put(dataset.name() + "/" + file, content);
        return new Manifest.Entry(file, content.length, Sha256.of(content), Map.of());
    }
}
