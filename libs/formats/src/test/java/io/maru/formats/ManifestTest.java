package io.maru.formats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManifestTest {
    private static final String EMPTY_SHA256 = Sha256.of(new byte[0]);
    private static final Manifest MANIFEST = new Manifest(
            "dataset",
            Map.of("tokenizer", "tokenizers/마루", "corpus", "corpora/\"c\""),
            List.of(
                    new Manifest.Entry("shards/1", 70, EMPTY_SHA256, Map.of("tokenCount", "3")),
                    new Manifest.Entry("shards/0", 0, EMPTY_SHA256, Map.of())));
    private static final String JSON =
            "{\"attributes\":{\"corpus\":\"corpora/\\\"c\\\"\",\"tokenizer\":\"tokenizers/마루\"},"
                    + "\"entries\":[{\"attributes\":{\"tokenCount\":\"3\"},\"key\":\"shards/1\",\"sha256\":\""
                    + EMPTY_SHA256
                    + "\",\"size\":70},{\"attributes\":{},\"key\":\"shards/0\",\"sha256\":\""
                    + EMPTY_SHA256
                    + "\",\"size\":0}],\"format\":1,\"kind\":\"dataset\"}";

    @Test
    void hasOneJsonForm() {
        assertThat(new String(MANIFEST.toJson(), UTF_8)).isEqualTo(JSON);
        // Python: sha256(json.dumps(..., sort_keys=True, ensure_ascii=False, separators=(',', ':')).encode())
        assertThat(MANIFEST.digest()).isEqualTo("a960332f8bc74f04132a5fef521de5bb4d659422ca45f341b78c9279b6f904ca");
    }

    @Test
    void readsWhatItWrote() {
        assertThat(Manifest.fromJson(JSON.getBytes(UTF_8))).isEqualTo(MANIFEST);
    }

    @Test
    void theOrderOfAttributesDoesNotCount() {
        Map<String, String> other = new LinkedHashMap<>();
        other.put("tokenizer", "tokenizers/마루");
        other.put("corpus", "corpora/\"c\"");
        Manifest same = new Manifest("dataset", other, MANIFEST.entries());
        assertThat(same.digest()).isEqualTo(MANIFEST.digest());
    }

    @Test
    void theOrderOfEntriesCounts() {
        Manifest turned = new Manifest(
                "dataset",
                MANIFEST.attributes(),
                List.of(MANIFEST.entries().get(1), MANIFEST.entries().get(0)));
        assertThat(turned.digest()).isNotEqualTo(MANIFEST.digest());
    }

    @Test
    void findsAnEntryByItsKey() {
        assertThat(MANIFEST.entry("shards/1").file()).isEqualTo(new SealedFile(70, EMPTY_SHA256));
        assertThatThrownBy(() -> MANIFEST.entry("shards/9")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesAKeyThatStandsTwice() {
        Manifest.Entry entry = MANIFEST.entries().get(0);
        assertThatThrownBy(() -> new Manifest("k", Map.of(), List.of(entry, entry)))
                .hasMessage("entries: shards/1 twice (expected: each key once)");
    }

    @Test
    void refusesAnyOtherForm() {
        assertCorrupt(JSON + "\n");
        assertCorrupt(JSON.replace(":70", ": 70"));
        assertCorrupt(JSON.replace("마", "\\ub9c8"));
        assertCorrupt(JSON.replace("\"format\":1", "\"format\":2"));
        assertCorrupt(JSON.replace("\"format\":1,", ""));
        assertCorrupt(JSON.replace("\"kind\":\"dataset\"", ""));
        assertCorrupt(JSON.replace("\"kind\":\"dataset\"", "\"kind\":\" \""));
        assertCorrupt(JSON.replace("\"kind\":\"dataset\"", "\"kind\":7"));
        assertCorrupt(JSON.replace("\"kind\":\"dataset\"", "\"kind\":\"dataset\",\"kind\":\"dataset\""));
        assertCorrupt(JSON.replace("\"kind\":\"dataset\"", "\"kind\":\"dataset\",\"more\":\"\""));
        assertCorrupt(JSON.replace("\"kind\":\"dataset\"", "\"kind\":\"\\ud800\""));
        assertCorrupt(JSON.replace("shards/0", "shards/1"));
        assertCorrupt(JSON.replace(":70", ":-70"));
        assertCorrupt(JSON.replace(":70", ":7e1"));
        assertCorrupt(JSON.replace(":70", ":070"));
        assertCorrupt(JSON.replace(":70", ":9223372036854775808"));
        assertCorrupt(JSON.replace(":70", ":" + "9".repeat(1000)));
        assertCorrupt(JSON.replace("e3b0", "E3B0"));
        assertCorrupt("");
        assertCorrupt("{}");
        assertCorrupt("[]");
        assertCorrupt("null");
        assertCorrupt("{\"entries\":" + "[".repeat(1_000_000));
        assertThatThrownBy(() -> Manifest.fromJson(new byte[Manifest.MAX_BYTES + 1]))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("at most " + Manifest.MAX_BYTES);
    }

    private static void assertCorrupt(String json) {
        assertThatThrownBy(() -> Manifest.fromJson(json.getBytes(UTF_8)))
                .as(json.substring(0, Math.min(json.length(), 600)))
                .isInstanceOf(CorruptFileException.class);
    }
}
