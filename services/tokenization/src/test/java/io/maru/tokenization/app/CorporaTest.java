package io.maru.tokenization.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.platform.error.Refusal;
import io.maru.tokenization.CorpusOfStories;
import io.maru.tokenization.domain.DocumentShard;
import io.maru.tokenization.domain.TokenizationReason;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CorporaTest {
    private static final String DIGEST = "0".repeat(64);

    private final InMemoryFiles files = new InMemoryFiles();
    private final Corpora corpora = new Corpora(files);

    @Test
    void readsShardsInTheManifestsOrder() {
        files.objects.putAll(CorpusOfStories.objects("corpora/c", 3));

        Corpora.SealedCorpus corpus = corpora.read("corpora/c");

        assertThat(corpus.manifestSha256()).isEqualTo(Sha256.of(files.objects.get("corpora/c/manifest.json")));
        assertThat(corpus.shards())
                .extracting(DocumentShard::name)
                .containsExactly(
                        "corpora/c/shards/train-00000",
                        "corpora/c/shards/train-00001",
                        "corpora/c/shards/validation-00000");
        for (DocumentShard shard : corpus.shards()) {
            assertThat(shard.sha256()).isEqualTo(Sha256.of(files.objects.get(shard.name())));
        }
    }

    @Test
    void aCorpusWithoutAManifestIsNotSealed() {
        assertRefused(TokenizationReason.CORPUS_NOT_SEALED);
    }

    @Test
    void refusesAManifestThatIsNone() {
        files.objects.put("corpora/c/manifest.json", "{}".getBytes(UTF_8));
        assertRefused(TokenizationReason.CORPUS_CORRUPT);
        put(new Manifest("dataset", Map.of(), List.of()));
        assertRefused(TokenizationReason.CORPUS_CORRUPT);
    }

    @Test
    void refusesEntriesThatAreNoShards() {
        put(manifest(new Manifest.Entry("shards/a", 1, DIGEST, Map.of("textBytes", "1"))));
        assertRefused(TokenizationReason.CORPUS_CORRUPT);
        put(manifest(new Manifest.Entry("shards/a", 1, DIGEST, Map.of("split", "train"))));
        assertRefused(TokenizationReason.CORPUS_CORRUPT);
        put(manifest(entry("shards/../../datasets/d/manifest.json", "train")));
        assertRefused(TokenizationReason.CORPUS_CORRUPT);
    }

    @Test
    void refusesACorpusWithoutATrainingShard() {
        put(manifest(entry("shards/validation-00000", "validation")));
        assertRefused(TokenizationReason.CORPUS_WITHOUT_TEXT);
    }

    @Test
    void refusesACorpusThatIsAnotherOneNow() {
        put(manifest(entry("shards/train-00000", "train")));
        assertThatThrownBy(() -> corpora.read("corpora/c", DIGEST))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(TokenizationReason.CORPUS_CORRUPT));
    }

    private static Manifest.Entry entry(String key, String split) {
        return new Manifest.Entry(key, 1, DIGEST, Map.of("split", split, "textBytes", "1"));
    }

    private static Manifest manifest(Manifest.Entry entry) {
        return new Manifest("corpus", Map.of(), List.of(entry));
    }

    private void put(Manifest manifest) {
        files.objects.put("corpora/c/manifest.json", manifest.toJson());
    }

    private void assertRefused(TokenizationReason reason) {
        assertThatThrownBy(() -> corpora.read("corpora/c"))
                .isInstanceOfSatisfying(
                        Refusal.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }
}
