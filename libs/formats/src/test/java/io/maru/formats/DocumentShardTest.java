package io.maru.formats;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentShardTest {
    private static final List<Document> DOCUMENTS = List.of(
            Document.of("hello"), Document.of("a line\nand a \"quote\""), Document.of("마루 🏠"), Document.of(""));

    /** The lines of those documents, and a frame of them, by src/test/reference/make_shards.py. */
    private static final byte[] LINES_BY_PYTHON = Base64.getDecoder()
            .decode("eyJpZCI6IjJjZjI0ZGJhNWZiMGEzMGUyNmU4M2IyYWM1YjllMjllIiwidGV4dCI6ImhlbGxvIn0KeyJpZCI6Ijc3MWRiNTRk"
                    + "NjU1ZjQxMWNjNjQwZjAwYTJkMTdhMDk4IiwidGV4dCI6ImEgbGluZVxuYW5kIGEgXCJxdW90ZVwiIn0KeyJpZCI6ImJiYzYy"
                    + "MTFhMWJjOWZhMDRhOTgxOTBjMWU1ODk2ODljIiwidGV4dCI6IuuniOujqCDwn4+gIn0KeyJpZCI6ImUzYjBjNDQyOThmYzFj"
                    + "MTQ5YWZiZjRjODk5NmZiOTI0IiwidGV4dCI6IiJ9Cg==");

    /** The lines of the same documents with the kinds prose, none, x-2, code. */
    private static final byte[] LINES_WITH_KINDS_BY_PYTHON = Base64.getDecoder()
            .decode("eyJpZCI6IjJjZjI0ZGJhNWZiMGEzMGUyNmU4M2IyYWM1YjllMjllIiwia2luZCI6InByb3NlIiwidGV4dCI6ImhlbGxvIn0K"
                    + "eyJpZCI6Ijc3MWRiNTRkNjU1ZjQxMWNjNjQwZjAwYTJkMTdhMDk4IiwidGV4dCI6ImEgbGluZVxuYW5kIGEgXCJxdW90ZVwi"
                    + "In0KeyJpZCI6ImJiYzYyMTFhMWJjOWZhMDRhOTgxOTBjMWU1ODk2ODljIiwia2luZCI6IngtMiIsInRleHQiOiLrp4jro6gg"
                    + "8J+PoCJ9CnsiaWQiOiJlM2IwYzQ0Mjk4ZmMxYzE0OWFmYmY0Yzg5OTZmYjkyNCIsImtpbmQiOiJjb2RlIiwidGV4dCI6IiJ9"
                    + "Cg==");

    private static final byte[] FRAME_BY_PYTHON = Base64.getDecoder()
            .decode("KLUv/ST3fQUA4osmJLAnHcclSQogDQDSBSUSol37ncZkkulvBgKS5JYy7TTp6ZLrTobCNLcX2k2uqxevoqOvtKnq18gnHCA0"
                    + "HAwKC4OFhW9Cm86j32Ja1uO13siIibzblG8SAwKmHHwohhnlGcRycNrjBFXy3TpF7oi6zkFKTytMEkNhiWX5ADtYQ/CNAdhv"
                    + "/vZxzkbSo/xD+HodbqW5PO1gCmEFAQYAgP2EsD1gv07YDWC/5JmCAjEso5U=");

    private static final String BODIES_BY_PYTHON =
            "{\"id\":\"87682c51dd80d910dbeb868393326c7b\",\"prompt\":\"What is a \\\"maru\\\"?\\n\",\"completion\":\" 마루 🏠\"}\n"
                    + "{\"id\":\"00e21e52fa578ed428999312579c06fb\",\"kind\":\"chat\",\"prompt\":\"\",\"completion\":\"x\"}\n"
                    + "{\"id\":\"bd656c6b30f2c6fbdcd4ce7a80e5d08a\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"é\"}]}\n";

    @TempDir
    private Path folder;

    @Test
    void writesTheLinesThatPythonWrites() throws IOException {
        Path shard = write("shard", DOCUMENTS);
        try (ZstdInputStream in = new ZstdInputStream(Files.newInputStream(shard))) {
            assertThat(in.readAllBytes()).isEqualTo(LINES_BY_PYTHON);
        }
    }

    @Test
    void readsAFrameThatPythonWrote() throws IOException {
        assertThat(read(versioned(FRAME_BY_PYTHON))).isEqualTo(DOCUMENTS);
    }

    @Test
    void aDocumentMayHaveAKind() throws IOException {
        List<Document> documents = List.of(
                Document.of("prose", "hello"),
                Document.of("a line\nand a \"quote\""),
                Document.of("x-2", "마루 🏠"),
                Document.of("code", ""));
        Path shard = write("shard", documents);
        try (ZstdInputStream in = new ZstdInputStream(Files.newInputStream(shard))) {
            assertThat(in.readAllBytes()).isEqualTo(LINES_WITH_KINDS_BY_PYTHON);
        }
        assertThat(read(Files.readAllBytes(shard))).isEqualTo(documents);
        assertThat(documents)
                .extracting(Document::id)
                .isEqualTo(DOCUMENTS.stream().map(Document::id).toList());
    }

    @Test
    void refusesAShardOfAnotherVersionByItsNumber() {
        assertThatThrownBy(() -> read(FRAME_BY_PYTHON))
                .isInstanceOf(CorruptFileException.class)
                .hasMessage("document shard: version: 1 (expected: 2)");
        byte[] later = versioned(FRAME_BY_PYTHON);
        later[16] = 3;
        assertThatThrownBy(() -> read(later)).hasMessage("document shard: version: 3 (expected: 2)");
    }

    @Test
    void aDocumentMayBeAPairOrMessages() throws IOException {
        List<Document> documents = List.of(
                Document.of("", new Document.Pair("What is a \"maru\"?\n", " 마루 🏠")),
                Document.of("chat", new Document.Pair("", "x")),
                Document.of(
                        "",
                        new Document.Conversation(List.of(
                                new Document.Message("user", "Hi"), new Document.Message("assistant", "e\u0301")))));
        Path shard = write("shard", documents);
        try (ZstdInputStream in = new ZstdInputStream(Files.newInputStream(shard))) {
            assertThat(new String(in.readAllBytes(), UTF_8)).isEqualTo(BODIES_BY_PYTHON);
        }
        assertThat(read(Files.readAllBytes(shard))).isEqualTo(documents);
        assertThat(documents.get(2).texts()).containsExactly("Hi", "\u00e9");
    }

    @Test
    void aTextThatLooksLikeAPairHasAnotherId() {
        Document pair = Document.of("", new Document.Pair("a", "b"));
        assertThat(Document.of("{\"prompt\":\"a\",\"completion\":\"b\"}").id()).isNotEqualTo(pair.id());
        assertThat(Document.of("", new Document.Pair("ab", "")).id()).isNotEqualTo(pair.id());
    }

    @Test
    void aRowOfAFileBecomesADocument() {
        assertThat(Document.ofRow("k", "{ \"text\": \"hello\" }", "f", 1)).isEqualTo(Document.of("k", "hello"));
        assertThat(Document.ofRow("", "{\"completion\":\"b\",\"prompt\":\"a\"}", "f", 1))
                .isEqualTo(Document.of("", new Document.Pair("a", "b")));
        assertThat(Document.ofRow("", "{\"messages\":[{\"content\":\"Hi\",\"role\":\"user\"}]}", "f", 1))
                .isEqualTo(Document.of("", new Document.Conversation(List.of(new Document.Message("user", "Hi")))));
    }

    @Test
    void aRowThatIsNoDocumentIsNamed() {
        assertNoRow(
                "{\"text\":\"a\",\"id\":\"b\"}", "the key id (expected: text, or prompt and completion, or messages)");
        assertNoRow("{\"prompt\":\"a\"}", "no key completion (expected: the key completion)");
        assertNoRow("{\"prompt\":\"a\",\"completion\":\"b\",\"text\":\"c\"}", "keys of several");
        assertNoRow("{}", "no text");
        assertNoRow("{\"messages\":[]}", "messages: none (expected: at least one)");
        assertNoRow("{\"messages\":[{\"role\":\"A b\",\"content\":\"\"}]}", "role: A b");
        assertNoRow("{\"messages\":[{\"role\":\"user\",\"content\":\"\",\"name\":\"x\"}]}", "the key name");
        assertNoRow("{\"messages\":[\"a\"]}", "VALUE_STRING (expected: an object)");
        assertNoRow("hello", "line 7");
        assertNoRow("{\"text\":\"\\ud83c\"}", "half a surrogate pair");
    }

    private static void assertNoRow(String line, String message) {
        assertThatThrownBy(() -> Document.ofRow("", line, "rows.jsonl", 7))
                .as(line)
                .isInstanceOf(CorruptFileException.class)
                .hasMessageStartingWith("rows.jsonl: line 7")
                .hasMessageContaining(message);
    }

    @Test
    void equalDocumentsGiveEqualBytes() throws IOException {
        List<Document> documents = randomDocuments(500, 5000);
        Path first = write("first", documents);
        Path second = write("second", documents);
        assertThat(SealedFile.of(first)).isEqualTo(SealedFile.of(second));
        assertThat(read(Files.readAllBytes(first))).isEqualTo(documents);
    }

    @Test
    void countsDocumentsAndBytesOfText() throws IOException {
        try (DocumentShardWriter writer = DocumentShardWriter.create(folder.resolve("shard"))) {
            writer.append(Document.of("마루"));
            writer.append(Document.of("ab"));
            assertThat(writer.documents()).isEqualTo(2);
            assertThat(writer.textBytes()).isEqualTo(8);
        }
    }

    @Test
    void sealsWithTheSizeAndDigestOfTheFile() throws IOException {
        Path shard = folder.resolve("shard");
        try (DocumentShardWriter writer = DocumentShardWriter.create(shard)) {
            writer.append(DOCUMENTS.get(0));
            assertThat(writer.seal()).isEqualTo(SealedFile.of(shard));
            assertThatThrownBy(() -> writer.append(DOCUMENTS.get(1)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("sealed");
        }
        assertThat(shard).exists();
    }

    @Test
    void anUnsealedShardLeavesNothingBehind() throws IOException {
        Path shard = folder.resolve("shard");
        try (DocumentShardWriter writer = DocumentShardWriter.create(shard)) {
            writer.append(DOCUMENTS.get(0));
        }
        assertThat(shard).doesNotExist();
    }

    @Test
    void aShardWithoutDocumentsIsStillAShard() throws IOException {
        assertThat(read(Files.readAllBytes(write("shard", List.of())))).isEmpty();
        assertThatThrownBy(() -> read(new byte[0])).isInstanceOf(CorruptFileException.class);
    }

    @Test
    void anIdIsTheDigestOfTheNormalisedText() {
        Document composed = Document.of("\u00e9");
        assertThat(Document.of("e\u0301")).isEqualTo(composed);
        assertThat(Document.of("hello").id()).isEqualTo("2cf24dba5fb0a30e26e83b2ac5b9e29e");
    }

    @Test
    void refusesTextThatUtf8CannotHold() {
        assertThatThrownBy(() -> Document.of("ab\ud83c"))
                .hasMessage("text: half a surrogate pair at 2 (expected: well-formed Unicode)");
        assertThatThrownBy(() -> Document.of("\udfe0a")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void namesTheLineThatIsNoDocument() {
        String good = "{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\",\"text\":\"hello\"}\n";
        assertCorrupt(good + "{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\"}\n", "line 2");
        assertCorrupt(good + good + "{\"id\":\"short\",\"text\":\"\"}\n", "line 3");
        assertCorrupt("{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\",\"text\":\"\",\"more\":1}\n", "line 1");
        assertCorrupt("{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\",\"text\":\"a\",\"text\":\"b\"}\n", "line 1");
        assertCorrupt("{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\",\"text\":null}\n", "line 1");
        assertCorrupt("{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\",\"text\":\"\\ud83c\"}\n", "line 1");
        assertCorrupt("{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\",\"kind\":\"A b\",\"text\":\"\"}\n", "line 1");
        assertCorrupt("{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\",\"kind\":null,\"text\":\"\"}\n", "line 1");
        assertCorrupt("[".repeat(100_000) + "\n", "line 1");
        assertCorrupt(good + good.strip(), "line 2");
        assertCorrupt(good + "\n", "line 2");
        assertCorrupt(good.strip() + good, "line 1");
    }

    @Test
    void refusesBytesThatAreNoUtf8() {
        byte[] line = "{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\",\"text\":\"\u00e9\"}\n".getBytes(ISO_8859_1);
        assertThatThrownBy(() -> read(versioned(Zstd.compress(line))))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("UTF-8");
    }

    @Test
    void refusesALineThatNeverEndsWithoutKeepingIt() throws IOException {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        try (ZstdOutputStream out = new ZstdOutputStream(bomb)) {
            byte[] block = new byte[1 << 20];
            for (int written = 0; written < 2000; written++) {
                out.write(block);
            }
        }
        assertThatThrownBy(() -> read(versioned(bomb.toByteArray())))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("line 1: a longer line");
    }

    @Test
    void refusesAFrameThatAsksForALargeWindow() throws IOException {
        ByteArrayOutputStream wide = new ByteArrayOutputStream();
        try (ZstdOutputStream out = new ZstdOutputStream(wide)) {
            out.setLong(27);
            out.write(LINES_BY_PYTHON);
        }
        assertThatThrownBy(() -> read(versioned(wide.toByteArray())))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("memory");
    }

    @Test
    void writerAndReaderAgreeHowLongALineMayBe() throws IOException {
        int around = "{\"id\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e\",\"text\":\"\"}\n".length();
        Document longest = Document.of("x".repeat(Document.MAX_LINE_BYTES - around));
        assertThat(read(Files.readAllBytes(write("longest", List.of(longest))))).containsExactly(longest);

        Document tooLong = Document.of(longest.texts().get(0) + "x");
        assertThatThrownBy(() -> write("longer", List.of(tooLong)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected: at most " + Document.MAX_LINE_BYTES);
    }

    @Test
    void aCorruptShardStaysCorrupt() throws IOException {
        byte[] frame = versioned(Zstd.compress(("nonsense\n" + new String(LINES_BY_PYTHON, UTF_8)).getBytes(UTF_8)));
        try (DocumentShardReader reader = DocumentShardReader.open(new ByteArrayInputStream(frame))) {
            assertThatThrownBy(reader::hasNext).isInstanceOf(CorruptFileException.class);
            assertThatThrownBy(reader::next).isInstanceOf(CorruptFileException.class);
        }
    }

    @Test
    void hasNoDocumentAfterTheLast() throws IOException {
        try (DocumentShardReader reader = DocumentShardReader.open(write("shard", List.of(DOCUMENTS.get(0))))) {
            reader.next();
            assertThat(reader.hasNext()).isFalse();
            assertThatThrownBy(reader::next).isInstanceOf(NoSuchElementException.class);
        }
    }

    /** A frame of lines as version 2 has it. */
    static byte[] versioned(byte[] frame) {
        byte[] version = HexFormat.of().parseHex("502a4d180c0000004d415255444f435302000000");
        byte[] shard = Arrays.copyOf(version, version.length + frame.length);
        System.arraycopy(frame, 0, shard, version.length, frame.length);
        return shard;
    }

    static List<Document> randomDocuments(int count, int length) {
        Random random = new Random(7);
        List<Document> documents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder text = new StringBuilder();
            random.ints(random.nextInt(length), 1, 0x11000)
                    .filter(c -> c < 0xd800 || c > 0xdfff)
                    .forEach(text::appendCodePoint);
            documents.add(Document.of(text.toString()));
        }
        return documents;
    }

    static List<Document> read(byte[] shard) throws IOException {
        List<Document> documents = new ArrayList<>();
        try (DocumentShardReader reader = DocumentShardReader.open(new ByteArrayInputStream(shard))) {
            reader.forEachRemaining(documents::add);
        }
        return documents;
    }

    private Path write(String name, List<Document> documents) throws IOException {
        Path shard = folder.resolve(name);
        try (DocumentShardWriter writer = DocumentShardWriter.create(shard)) {
            for (Document document : documents) {
                writer.append(document);
            }
            writer.seal();
        }
        return shard;
    }

    private static void assertCorrupt(String lines, String place) {
        assertThatThrownBy(() -> read(versioned(Zstd.compress(lines.getBytes(UTF_8)))))
                .as(lines.substring(0, Math.min(100, lines.length())))
                .isInstanceOfSatisfying(
                        CorruptFileException.class, e -> assertThat(e.place()).startsWith(place));
    }
}
