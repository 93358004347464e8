package io.maru.ingestion.domain;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.maru.platform.error.Refusal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FileSignatureTest {
    private static final String KOREAN = "달빛 아래 마루에 앉아\n바람 소리를 들었다.\n";
    private static final String CHINESE = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n";

    @Test
    void aZipArchiveIsNamedByWhatIsInIt() throws IOException {
        assertNamed(
                zip("[Content_Types].xml", "_rels/.rels", "word/document.xml"), "NOT_TEXT", "a Word document (.docx)");
        assertNamed(zip("[Content_Types].xml", "xl/workbook.xml"), "NOT_TEXT", "an Excel workbook (.xlsx)", "as CSV");
        assertNamed(zip("[Content_Types].xml", "ppt/presentation.xml"), "NOT_TEXT", "(.pptx)");
        assertNamed(zip("[Content_Types].xml"), "NOT_TEXT", "an Office document (.docx, .xlsx or .pptx)");
        assertNamed(zip("stories/one.txt"), "NOT_TEXT", "a zip archive with stories/one.txt", "unpack it");
        assertNamed(new byte[] {'P', 'K', 5, 6, 0, 0, 0, 0}, "NOT_TEXT", "a zip archive");
        assertNamed(stored("application/epub+zip"), "NOT_TEXT", "an EPUB book");
        assertNamed(stored("application/vnd.oasis.opendocument.spreadsheet"), "NOT_TEXT", "(.ods)", "as CSV");
        assertNamed(stored("application/vnd.oasis.opendocument.text"), "NOT_TEXT", "(.odt)");
    }

    @Test
    void aNameInAnArchiveWritesNoLinesOfItsOwn() throws IOException {
        assertNamed(zip("a\nERROR b".repeat(30)), "NOT_TEXT", "a zip archive with a?ERROR b");
    }

    @Test
    void aPackedFileIsNamed() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write("text".getBytes(UTF_8));
        }
        assertNamed(packed.toByteArray(), "NOT_TEXT", "a gzip file", "gunzip");
    }

    @ParameterizedTest
    @CsvSource({
        "d0cf11e0a1b11ae10000000000000057006f0072006b0062006f006f006b00, an Excel workbook (.xls)",
        "d0cf11e0a1b11ae100000000000057006f007200640044006f00630075006d0065006e007400, a Word document (.doc)",
        "d0cf11e0a1b11ae10000000000000000, an Office document",
        "53514c69746520666f726d6174203300100002020040, an SQLite database",
        "504152311504154c154c4c15, a Parquet file",
        "89504e470d0a1a0a0000000d49484452, a PNG image",
        "ffd8ffe000104a464946, a JPEG image",
        "52494646240000005745425056503820ff, a WebP image",
        "0000001c66747970, a video"
    })
    void aFileOfAnotherKindIsNamed(String hex, String name) {
        assertNamed(HexFormat.of().parseHex(hex), "NOT_TEXT", name);
    }

    @Test
    void aDocumentOfCharactersIsNamedThoughItMightPassForText() {
        assertNamed("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n".getBytes(UTF_8), "NOT_TEXT", "a PDF document");
        assertNamed("{\\rtf1\\ansi Hello}\n".getBytes(UTF_8), "NOT_TEXT", "a rich text document (.rtf)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void anotherUnicodeEncodingIsNamedWithAndWithoutAByteOrderMark(String encoding) {
        String endian = encoding.endsWith("LE") ? "little" : "big";
        for (String text : new String[] {"The heron walks.\r\n", KOREAN, CHINESE, "🦊 and 🦉\n"}) {
            String what = "a text in " + encoding.substring(0, 6) + ", " + endian + "-endian";
            Charset charset = Charset.forName(encoding);
            assertNamed(("\ufeff" + text).getBytes(charset), "NOT_UTF8", what + " (", "iconv -f " + encoding);
            assertNamed(text.getBytes(charset), "NOT_UTF8", what + ", without a byte order mark", encoding);
        }
    }

    @Test
    void aLongUtf16TextIsNamedThoughItIsCutWithinACharacter() {
        assertNamed((KOREAN.repeat(4_000) + "🦊").getBytes(UTF_16BE), "NOT_UTF8", "UTF-16, big-endian");
        assertNamed(("x" + "🦊 ".repeat(40_000)).getBytes(UTF_16LE), "NOT_UTF8", "UTF-16, little-endian");
    }

    @Test
    void aTextWithAWrongByteStaysATextWithAWrongByte() {
        String latin = "Der Fuchs ist da. Er lief über die Straße.\n";
        assertRefused(latin.getBytes(ISO_8859_1), "NOT_UTF8", "byte offset 26 ", "saved as UTF-8 first");
        assertRefused("BMW fährt\n".getBytes(ISO_8859_1), "NOT_UTF8", "byte offset 5 ");
        assertRefused("Bush hid the facts\0 and so on\n".getBytes(UTF_8), "NOT_TEXT", "byte offset 18 ");
        assertRefused("마루에 앉아\0 바람\n".getBytes(UTF_8), "NOT_TEXT", "control byte 0x00");
    }

    private static byte[] zip(String... names) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write("<xml>some content of it</xml>".getBytes(UTF_8));
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }

    /** As EPUB and OpenDocument begin. */
    private static byte[] stored(String mediaType) throws IOException {
        byte[] content = mediaType.getBytes(UTF_8);
        CRC32 checksum = new CRC32();
        checksum.update(content);
        ZipEntry entry = new ZipEntry("mimetype");
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(checksum.getValue());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(entry);
            zip.write(content);
            zip.closeEntry();
            zip.putNextEntry(new ZipEntry("content.xml"));
            zip.closeEntry();
        }
        return bytes.toByteArray();
    }

    private static void assertNamed(byte[] file, String reason, String... parts) {
        assertThat(refusal(file, reason))
                .startsWith("f.txt: ")
                .contains(parts)
                .contains("(expected: text in UTF-8; ")
                .doesNotContain("\n");
    }

    private static void assertRefused(byte[] file, String reason, String... parts) {
        assertThat(refusal(file, reason)).startsWith("f.txt: line 1 ").contains(parts);
    }

    private static String refusal(byte[] file, String reason) {
        TextCheck check = new TextCheck("f.txt", 1 << 24);
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> {
            check.accept(file, 0, file.length);
            check.end();
        });
        assertThat(refusal.reason().name()).isEqualTo(reason);
        return refusal.getMessage();
    }
}
