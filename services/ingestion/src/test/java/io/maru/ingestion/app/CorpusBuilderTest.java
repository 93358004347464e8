package io.maru.ingestion.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.formats.Document;
import io.maru.formats.DocumentShardReader;
import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.ingestion.domain.Corpus;
import io.maru.ingestion.domain.CorpusFormat;
import io.maru.ingestion.domain.CorpusSpec;
import io.maru.ingestion.domain.CorpusState;
import io.maru.ingestion.domain.CutRule;
import io.maru.ingestion.domain.DocumentShard;
import io.maru.ingestion.domain.IngestionReason;
import io.maru.ingestion.domain.Tally;
import io.maru.ingestion.domain.UploadedFile;
import io.maru.platform.error.Refusal;
import io.maru.platform.testkit.Shared;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusBuilderTest {
    private static final long MAX_FILE_BYTES = 1 << 24;
    private static final int MAX_LINE_BYTES = 1 << 16;

    private final InMemoryTexts texts = new InMemoryTexts();
    private final Told told = new Told();
    private CutRule rule = new CutRule(20, 1000, 1 << 20, MAX_LINE_BYTES);
    private double validationFraction;
    private int maxDocuments = 1000;
    private List<String> kinds = List.of();
    private CorpusFormat format = CorpusFormat.TEXT;
    private boolean strict;

    @TempDir
    Path folder;

    @AfterEach
    void nothingIsLeftInTheWorkDirectory() throws IOException {
        try (var left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void readsSourcesInTheirOrderAndDropsEqualDocuments() throws Exception {
        put("inbox/b", "second text, long enough\n\nthird text, long enough\n");
        put("inbox/a", "first text, long enough\n\nthird text, long enough\n");

        SealedCorpus sealed = build("corpora/c", "inbox/b", "inbox/a");

        assertThat(documents("corpora/c/shards/train-00000"))
                .flatExtracting(Document::texts)
                .containsExactly("second text, long enough", "third text, long enough", "first text, long enough");
        assertThat(sealed.tally())
                .isEqualTo(new Tally(
                        texts.objects.get("inbox/a").length + texts.objects.get("inbox/b").length,
                        3,
                        0,
                        0,
                        1,
                        70,
                        0,
                        1));
    }

    @Test
    void eachDocumentHasTheKindOfTheFirstSourceThatHasIt() throws Exception {
        put("inbox/b", "second text, long enough\n\nthird text, long enough\n");
        put("inbox/a", "first text, long enough\n\nthird text, long enough\n");
        kinds = List.of("prose", "chat");

        build("corpora/c", "inbox/b", "inbox/a");

        assertThat(documents("corpora/c/shards/train-00000"))
                .extracting(Document::kind)
                .containsExactly("prose", "prose", "chat");
    }

    @Test
    void aSourceWithoutAKindGivesDocumentsWithoutOne() throws Exception {
        put("inbox/a", "first text, long enough\n\nthird text, long enough\n");
        String without = build("corpora/c", "inbox/a").manifestSha256();

        assertThat(documents("corpora/c/shards/train-00000"))
                .extracting(Document::kind)
                .containsExactly("", "");
        kinds = List.of("prose");
        assertThat(build("corpora/d", "inbox/a").manifestSha256()).isNotEqualTo(without);
    }

    @Test
    void normalisesLineEndsAndUnicodeAndDropsTheByteOrderMark() throws Exception {
        // The second document is the first one with CRLF, with e and acute accent apart.
        put("inbox/a", "\ufeffcaf\u00e9\nau lait<|endoftext|>cafe\u0301\r\nau lait");

        SealedCorpus sealed = build("corpora/c", "inbox/a");

        assertThat(documents("corpora/c/shards/train-00000"))
                .flatExtracting(Document::texts)
                .containsExactly("caf\u00e9\nau lait");
        assertThat(sealed.tally().duplicates()).isEqualTo(1);
    }

    @Test
    void sealsAShardTheMomentItIsFullAndTheManifestLast() throws Exception {
        rule = new CutRule(20, 1000, 40, MAX_LINE_BYTES);
        put("inbox/a", "first text, long enough\n\nsecond text, long enough\n\nthird text, long enough\n");

        SealedCorpus sealed = build("corpora/c", "inbox/a");

        assertThat(texts.puts)
                .containsExactly(
                        "corpora/c/shards/train-00000", "corpora/c/shards/train-00001", "corpora/c/manifest.json");
        Manifest manifest = Manifest.fromJson(texts.objects.get("corpora/c/manifest.json"));
        assertThat(manifest.digest()).isEqualTo(sealed.manifestSha256());
        assertThat(manifest.attributes())
                .isEqualTo(Map.of(
                        "documents", "3",
                        "duplicates", "0",
                        "trainBytes", "70",
                        "validationBytes", "0",
                        "validationFraction", "0.0"));
        for (Manifest.Entry entry : manifest.entries()) {
            byte[] shard = texts.objects.get("corpora/c/" + entry.key());
            assertThat(entry.size()).isEqualTo(shard.length);
            assertThat(entry.sha256()).isEqualTo(Sha256.of(shard));
            assertThat(documents("corpora/c/" + entry.key()))
                    .hasSize(Integer.parseInt(entry.attributes().get("documents")));
        }
        assertThat(told.sealed.keySet())
                .containsExactlyInAnyOrder("corpora/c/shards/train-00000", "corpora/c/shards/train-00001");
    }

    @Test
    void anotherCorpusOfTheSameSourcesHasTheSameDigest() throws Exception {
        validationFraction = 0.4;
        rule = new CutRule(20, 1000, 60, MAX_LINE_BYTES);
        put("inbox/a", numbered(50));

        String one = build("corpora/one", "inbox/a").manifestSha256();
        String two = build("corpora/two", "inbox/a").manifestSha256();

        assertThat(two).isEqualTo(one);
    }

    @Test
    void anAttemptAfterOneThatWasCutOffEndsTheSameAndStoresNoShardTwice() throws Exception {
        rule = new CutRule(20, 1000, 60, MAX_LINE_BYTES);
        put("inbox/a", numbered(50));
        String expected = build("corpora/whole", "inbox/a").manifestSha256();
        int shards = told.sealed.size();
        for (int end = 1; end < shards; end++) {
            String corpus = "corpora/" + end;
            texts.puts.clear();
            told.sealed.clear();
            told.maxSealed = end;
            assertThatThrownBy(() -> build(corpus, "inbox/a")).isInstanceOf(InterruptedException.class);
            told.maxSealed = Integer.MAX_VALUE;

            assertThat(build(corpus, "inbox/a").manifestSha256()).isEqualTo(expected);
            assertThat(texts.puts).doesNotHaveDuplicates().hasSize(shards + 1);
        }
    }

    @Test
    void aShardThatDiffersFromAnEarlierAttemptFailsTheCorpus() {
        put("inbox/a", "first text, long enough\n");
        told.sealed.put("corpora/c/shards/train-00000", "0".repeat(64));

        assertRefused(IngestionReason.SOURCE_CHANGED, () -> build("corpora/c", "inbox/a"));
        assertThat(texts.puts).isEmpty();
    }

    @Test
    void anInboxObjectIsCheckedLikeAnUpload() {
        put("inbox/good", "fine\n");
        texts.objects.put("inbox/bad", new byte[] {'o', 'k', '\n', 'x', (byte) 0xFF});

        assertRefused(IngestionReason.NOT_UTF8, () -> build("corpora/c", "inbox/good", "inbox/bad"))
                .hasMessageStartingWith("inbox/bad: line 2 (counted from 1), byte offset 4 (counted from 0)");
    }

    @Test
    void anUploadThatIsNotWhatItsNameSaysFailsTheCorpus() {
        String name = UploadedFile.nameOf("default", Sha256.of("what was sent".getBytes(UTF_8)));
        put(name, "something else");

        assertRefused(IngestionReason.SOURCE_CHANGED, () -> build("corpora/c", name));
    }

    @Test
    void aSourceThatGrewSinceFailsTheCorpus() {
        put("inbox/a", "first text, long enough\n");
        Corpus corpus = corpus("corpora/c", "inbox/a");
        put("inbox/a", "first text, long enough, and more\n");

        assertRefused(IngestionReason.SOURCE_CHANGED, () -> builder().build(corpus, told));
        assertThat(texts.objects).doesNotContainKey("corpora/c/manifest.json");
    }

    @Test
    void aCorpusNeedsADocumentForEachSplitThatItIsToHave() {
        put("inbox/a", "the only text, long enough\n");
        validationFraction = 1e-9;
        assertRefused(IngestionReason.NO_VALIDATION_DOCUMENT, () -> build("corpora/c", "inbox/a"));

        validationFraction = 0;
        put("inbox/b", "<|endoftext|>");
        assertRefused(IngestionReason.NO_DOCUMENT, () -> build("corpora/d", "inbox/b"));

        validationFraction = 1 - 1e-9;
        assertRefused(IngestionReason.NO_DOCUMENT, () -> build("corpora/e", "inbox/a"));
    }

    @Test
    void aTextOfOneLongLineIsACorpusTheSameEachTime() throws Exception {
        StringBuilder line = new StringBuilder();
        for (int i = 0; line.length() < 3 * MAX_LINE_BYTES; i++) {
            line.append("heron ").append(i).append(" counts stones ");
        }
        put("inbox/a", line.toString());
        validationFraction = 0.25;
        rule = new CutRule(2048, 1 << 14, 1 << 20, MAX_LINE_BYTES);

        SealedCorpus sealed = build("corpora/c", "inbox/a");

        List<Document> documents = new ArrayList<>(documents("corpora/c/shards/train-00000"));
        documents.addAll(documents("corpora/c/shards/validation-00000"));
        assertThat(documents).hasSizeGreaterThan(90).allSatisfy(document -> assertThat(document.textBytes())
                .isBetween(1L, 2048L));
        // A space at each cut is in no document.
        assertThat(sealed.tally().trainBytes() + sealed.tally().validationBytes() + documents.size() - 1)
                .isEqualTo(line.length());
        assertThat(build("corpora/d", "inbox/a").manifestSha256()).isEqualTo(sealed.manifestSha256());
        strict = true;
        assertRefused(IngestionReason.LINE_TOO_LONG, () -> build("corpora/e", "inbox/a"))
                .hasMessage(
                        "inbox/a: line 1 (counted from 1): %d bytes (expected: at most 65536; break it into lines, or"
                                + " leave out strict, and it is cut at white space)",
                        line.length());
    }

    @Test
    void aLineAtTheLimitIsOneDocumentStrictOrNot() throws Exception {
        put("inbox/a", "x".repeat(MAX_LINE_BYTES) + "\n");
        strict = true;
        String digest = build("corpora/c", "inbox/a").manifestSha256();
        strict = false;

        assertThat(build("corpora/d", "inbox/a").manifestSha256()).isEqualTo(digest);
        assertThat(documents("corpora/d/shards/train-00000")).hasSize(1);
    }

    @Test
    void aRowIsNeverCut() {
        format = CorpusFormat.JSONL;
        put("inbox/a", "{\"text\":\"short\"}\n{\"text\":\"" + "a b ".repeat(MAX_LINE_BYTES) + "\"}\n");

        assertRefused(IngestionReason.LINE_TOO_LONG, () -> build("corpora/c", "inbox/a"))
                .hasMessageStartingWith("inbox/a: line 2 (counted from 1): 262155 bytes (expected: at most 65536; ");
    }

    @Test
    void moreDocumentsThanMemoryIsThereForFailTheCorpus() {
        maxDocuments = 49;
        put("inbox/a", numbered(50));
        assertRefused(IngestionReason.TOO_MANY_DOCUMENTS, () -> build("corpora/c", "inbox/a"));
    }

    @Test
    void eachRowOfAJsonlFileIsADocument() throws Exception {
        format = CorpusFormat.JSONL;
        kinds = List.of("chat");
        put("inbox/a", """
                {"prompt":"Two and two?","completion":" Four."}

                {"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]}
                {"text":"plain"}
                {"completion": " Four.", "prompt": "Two and two?"}
                """);

        SealedCorpus sealed = build("corpora/c", "inbox/a");

        assertThat(documents("corpora/c/shards/train-00000"))
                .extracting(Document::body)
                .containsExactly(
                        new Document.Pair("Two and two?", " Four."),
                        new Document.Conversation(List.of(
                                new Document.Message("user", "Hi"), new Document.Message("assistant", "Hello"))),
                        new Document.Text("plain"));
        assertThat(sealed.tally().pairs()).isEqualTo(1);
        assertThat(sealed.tally().conversations()).isEqualTo(1);
        assertThat(sealed.tally().duplicates()).isEqualTo(1);
        assertThat(sealed.tally().trainBytes()).isEqualTo(12 + 6 + 2 + 5 + 5);
        assertThat(Manifest.fromJson(texts.objects.get("corpora/c/manifest.json"))
                        .attributes())
                .containsEntry("pairs", "1")
                .containsEntry("conversations", "1");
    }

    @Test
    void aRowThatIsNoDocumentFailsTheCorpusByItsNumber() {
        format = CorpusFormat.JSONL;
        assertInvalidRow("hello", "JSON");
        assertInvalidRow("{\"prompt\":\"a\"}", "no key completion");
        assertInvalidRow("{\"text\":\"a\",\"label\":\"b\"}", "the key label");
        assertInvalidRow("{\"text\":\" \"}", "nothing but white space");
        assertInvalidRow("{\"prompt\":\"a\",\"completion\":\"\"}", "nothing but white space");
        assertInvalidRow("{\"text\":\"a\\u0000b\"}", "control character U+0000");
    }

    private void assertInvalidRow(String row, String message) {
        put("inbox/a", "{\"text\":\"good\"}\n\n" + row + "\n");
        assertRefused(IngestionReason.INVALID_ROW, () -> build("corpora/c", "inbox/a"))
                .hasMessageStartingWith("inbox/a: line 3")
                .hasMessageContaining(message);
    }

    @Test
    void tellsHowMuchItHasRead() throws Exception {
        maxDocuments = 10_000;
        put("inbox/a", numbered(5000));
        build("corpora/c", "inbox/a");

        List<Long> read = told.tallies.stream().map(Tally::readBytes).distinct().toList();
        assertThat(read).isSorted().hasSizeGreaterThan(5).first().isEqualTo(0L);
        assertThat(read.get(read.size() - 1)).isEqualTo((long) texts.objects.get("inbox/a").length);
    }

    @Test
    void findsEveryStoryOfTinyStories() throws Exception {
        byte[] stories = Files.readAllBytes(Shared.path("data/text/tinystories.a.txt"));
        texts.objects.put("inbox/stories", stories);
        rule = new CutRule(2048, 1 << 16, 1 << 18, MAX_LINE_BYTES);
        maxDocuments = 10_000;

        build("corpora/c", "inbox/stories");

        List<String> expected = Arrays.stream(new String(stories, UTF_8).split("<\\|endoftext\\|>"))
                .map(String::strip)
                .filter(story -> !story.isEmpty())
                .distinct()
                .toList();
        List<String> found = new ArrayList<>();
        for (String shard : texts.puts.subList(0, texts.puts.size() - 1)) {
            documents(shard)
                    .forEach(document -> found.add(document.texts().get(0).strip()));
        }
        assertThat(found).isEqualTo(expected).hasSizeGreaterThan(1_000);
    }

    private static String numbered(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append("a text that is long enough and has the number ")
                    .append(i)
                    .append("\n\n");
        }
        return text.toString();
    }

    private void put(String key, String text) {
        texts.objects.put(key, text.getBytes(UTF_8));
    }

    private SealedCorpus build(String name, String... sources) throws IOException, InterruptedException {
        return builder().build(corpus(name, sources), told);
    }

    private CorpusBuilder builder() {
        return new CorpusBuilder(texts, MAX_FILE_BYTES, folder, maxDocuments);
    }

    private Corpus corpus(String name, String... sources) {
        long bytes = Arrays.stream(sources)
                .mapToLong(source -> texts.objects.get(source).length)
                .sum();
        return new Corpus(
                name,
                CorpusState.RUNNING,
                List.of(sources),
                kinds.isEmpty() ? Collections.nCopies(sources.length, "") : kinds,
                new CorpusSpec(validationFraction, format, strict),
                rule,
                "",
                bytes,
                Tally.ZERO,
                "",
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH,
                1,
                1);
    }

    private List<Document> documents(String shard) throws IOException {
        List<Document> documents = new ArrayList<>();
        try (DocumentShardReader reader =
                DocumentShardReader.open(new ByteArrayInputStream(texts.objects.get(shard)))) {
            reader.forEachRemaining(documents::add);
        }
        return documents;
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
            IngestionReason reason, ThrowingCallable call) {
        return assertThatThrownBy(call).isInstanceOfSatisfying(Refusal.class, e -> assertThat(e.reason())
                .isEqualTo(reason));
    }

    /** Remembers what it is told, and lets the work be cut off. */
    private static final class Told implements BuildProgress {
        final List<Tally> tallies = new ArrayList<>();
        final Map<String, String> sealed = new HashMap<>();
        int maxSealed = Integer.MAX_VALUE;

        @Override
        public void at(Tally tally) throws InterruptedException {
            tallies.add(tally);
            if (sealed.size() >= maxSealed) {
                throw new InterruptedException();
            }
        }

        @Override
        public boolean isSealed(DocumentShard shard) {
            String sha256 = sealed.get(shard.name());
            if (sha256 != null && !sha256.equals(shard.sha256())) {
                throw IngestionReason.SOURCE_CHANGED.because("%s", shard.name());
            }
            return sha256 != null;
        }

        @Override
        public void sealed(DocumentShard shard) {
            sealed.put(shard.name(), shard.sha256());
        }
    }
}
