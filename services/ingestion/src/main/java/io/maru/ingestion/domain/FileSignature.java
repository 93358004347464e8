package io.maru.ingestion.domain;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/*
 * Whoever sends a document of an office program, an archive or a text in another encoding is helped by its name and not by
 * the offset of a control byte:
 *
 *     50 4b 03 04 ... [Content_Types].xml ... 50 4b 03 04 ... word/document.xml      a Word document (.docx)
 *     74 00 68 00 65 00 20 00                                                        UTF-16, little-endian
 *
 * To recognise one more: a line in KNOWN, or a method of its own where the first bytes do not tell enough.
 */
/** Recognises by its first bytes what a file is that is no text in UTF-8. */
final class FileSignature {
    private static final int HEAD_BYTES = 1 << 16;
    private static final int MAX_ENTRIES = 64;

    private static final String UNPACK = "unpack it, and give the text files in it";
    private static final String PLAIN = "save it as plain text in UTF-8";
    private static final String SHEET = "save the sheet as CSV in UTF-8";
    private static final String ROWS = "write its texts as plain text, or as lines of JSON for format: jsonl";
    private static final String NO_TEXT = "there is no text in it";
    private static final String PDF = "take its text out first, as with: pdftotext FILE";

    /** @param hex the bytes, with {@code ..} for any byte */
    private record Known(String hex, String what, String wayOut) {}

    private static final List<Known> KNOWN = List.of(
            new Known("1f8b08", "a gzip file", "unpack it first, as with: gunzip FILE"),
            new Known("425a68..314159265359", "a bzip2 file", "unpack it first, as with: bunzip2 FILE"),
            new Known("fd377a585a00", "an xz file", "unpack it first, as with: unxz FILE"),
            new Known("28b52ffd", "a Zstandard file", "unpack it first, as with: unzstd FILE"),
            new Known("377abcaf271c", "a 7-Zip archive", UNPACK),
            new Known("526172211a07", "a RAR archive", UNPACK),
            new Known("53514c69746520666f726d6174203300", "an SQLite database", ROWS),
            new Known("5041523115", "a Parquet file", ROWS),
            new Known("4152524f57310000", "an Arrow file", ROWS),
            new Known("4f626a01", "an Avro file", ROWS),
            new Known("894844460d0a1a0a", "an HDF5 file", ROWS),
            new Known("934e554d5059", "a NumPy array", ROWS),
            new Known("47475546", "a GGUF model", NO_TEXT),
            new Known("89504e470d0a1a0a", "a PNG image", NO_TEXT),
            new Known("ffd8ff", "a JPEG image", NO_TEXT),
            new Known("474946383761", "a GIF image", NO_TEXT),
            new Known("474946383961", "a GIF image", NO_TEXT),
            new Known("52494646........57454250", "a WebP image", NO_TEXT),
            new Known("52494646........57415645", "a WAV recording", NO_TEXT),
            new Known("424d........00000000", "a BMP image", NO_TEXT),
            new Known("49492a00", "a TIFF image", NO_TEXT),
            new Known("4d4d002a", "a TIFF image", NO_TEXT),
            new Known("........66747970", "a video, a recording or an image (MP4, MOV, HEIC)", NO_TEXT),
            new Known("4f67675300", "an Ogg recording", NO_TEXT),
            new Known("664c6143", "a FLAC recording", NO_TEXT),
            new Known("49443302", "an MP3 recording", NO_TEXT),
            new Known("49443303", "an MP3 recording", NO_TEXT),
            new Known("49443304", "an MP3 recording", NO_TEXT),
            new Known("7f454c46", "a program", NO_TEXT),
            new Known("4d5a9000", "a program", NO_TEXT),
            new Known("cafebabe", "a program", NO_TEXT));

    private byte[] head = new byte[0];

    /** Takes the next bytes of the file; those beyond the first few are not looked at. */
    void accept(byte[] bytes, int from, int to) {
        int room = Math.min(to - from, HEAD_BYTES - head.length);
        if (room > 0) {
            int known = head.length;
            head = Arrays.copyOf(head, known + room);
            System.arraycopy(bytes, from, head, known, room);
        }
    }

    /** What a file is, and what to do with it. */
    record Found(IngestionReason reason, String what, String wayOut) {}

    /** What a document is that is made of characters all the same, so that it looks like text. */
    Optional<Found> document() {
        if (begins("255044462d")) {
            return found("a PDF document", PDF);
        }
        return begins("7b5c727466") ? found("a rich text document (.rtf)", PLAIN) : Optional.empty();
    }

    /** What the file is, of which it is known that it is no text in UTF-8. */
    Optional<Found> found() {
        if (begins("504b0304") || begins("504b0506")) {
            return Optional.of(zip());
        }
        if (begins("d0cf11e0a1b11ae1")) {
            return Optional.of(oldOffice());
        }
        if (head.length >= 262 && new String(head, 257, 5, US_ASCII).equals("ustar")) {
            return found("a tar archive", UNPACK);
        }
        Optional<Found> unicode = unicode();
        if (unicode.isPresent()) {
            return unicode;
        }
        return KNOWN.stream()
                .filter(known -> begins(known.hex()))
                .findFirst()
                .flatMap(known -> found(known.what(), known.wayOut()));
    }

    private static Optional<Found> found(String what, String wayOut) {
        return Optional.of(new Found(IngestionReason.NOT_TEXT, what, wayOut));
    }

    private boolean begins(String hex) {
        if (head.length < hex.length() / 2) {
            return false;
        }
        for (int i = 0; i < hex.length(); i += 2) {
            if (hex.charAt(i) != '.' && head[i / 2] != (byte) HexFormat.fromHexDigits(hex, i, i + 2)) {
                return false;
            }
        }
        return true;
    }

    private Found zip() {
        List<String> names = zipEntries();
        if (names.isEmpty()) {
            return new Found(IngestionReason.NOT_TEXT, "a zip archive", UNPACK);
        }
        // OpenDocument and EPUB say in their first file, which is not compressed, what they are.
        String mediaType =
                names.get(0).equals("mimetype") ? new String(head, 38, Math.min(80, head.length - 38), ISO_8859_1) : "";
        if (mediaType.startsWith("application/epub+zip")) {
            return new Found(IngestionReason.NOT_TEXT, "an EPUB book, which is a zip archive", PLAIN);
        }
        if (mediaType.startsWith("application/vnd.oasis.opendocument.spreadsheet")) {
            return new Found(
                    IngestionReason.NOT_TEXT, "an OpenDocument spreadsheet (.ods), which is a zip archive", SHEET);
        }
        if (mediaType.startsWith("application/vnd.oasis.opendocument")) {
            return new Found(
                    IngestionReason.NOT_TEXT, "an OpenDocument document (.odt), which is a zip archive", PLAIN);
        }
        if (has(names, "xl/")) {
            return new Found(IngestionReason.NOT_TEXT, "an Excel workbook (.xlsx), which is a zip archive", SHEET);
        }
        if (has(names, "word/")) {
            return new Found(IngestionReason.NOT_TEXT, "a Word document (.docx), which is a zip archive", PLAIN);
        }
        if (has(names, "ppt/")) {
            return new Found(
                    IngestionReason.NOT_TEXT, "a PowerPoint presentation (.pptx), which is a zip archive", PLAIN);
        }
        if (names.contains("[Content_Types].xml")) {
            return new Found(
                    IngestionReason.NOT_TEXT,
                    "an Office document (.docx, .xlsx or .pptx), which is a zip archive",
                    PLAIN);
        }
        return new Found(IngestionReason.NOT_TEXT, "a zip archive with " + shown(names.get(0)), UNPACK);
    }

    private static boolean has(List<String> names, String folder) {
        return names.stream().anyMatch(name -> name.startsWith(folder));
    }

    /** Names of the files in a zip archive, as far as they begin in the head. */
    private List<String> zipEntries() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i + 30 < head.length && names.size() < MAX_ENTRIES; i++) {
            if (head[i] == 'P' && head[i + 1] == 'K' && head[i + 2] == 3 && head[i + 3] == 4) {
                int length = (head[i + 26] & 0xFF) | (head[i + 27] & 0xFF) << 8;
                if (length > 0 && i + 30 + length <= head.length) {
                    names.add(new String(head, i + 30, length, UTF_8));
                }
            }
        }
        return names;
    }

    /** A name that somebody else has chosen, fit for a message. */
    private static String shown(String name) {
        String plain = name.replaceAll("[\\p{Cntrl}\\uFFFD]", "?");
        return plain.length() <= 100 ? plain : plain.substring(0, 100) + "…";
    }

    /** The names of such a file's parts are in UTF-16. */
    private Found oldOffice() {
        String text = new String(head, ISO_8859_1);
        if (text.contains(wide("Workbook")) || text.contains(wide("Book"))) {
            return new Found(IngestionReason.NOT_TEXT, "an Excel workbook (.xls)", SHEET);
        }
        if (text.contains(wide("WordDocument"))) {
            return new Found(IngestionReason.NOT_TEXT, "a Word document (.doc)", PLAIN);
        }
        return new Found(
                IngestionReason.NOT_TEXT, "an Office document (.doc, .xls, .ppt or .msg)", PLAIN + ", a sheet as CSV");
    }

    private static String wide(String name) {
        return new String(name.getBytes(UTF_16LE), ISO_8859_1);
    }

    private Optional<Found> unicode() {
        if (begins("0000feff") || begins("fffe0000")) {
            boolean bigEndian = head[0] == 0;
            return inUnicode(32, bigEndian, "");
        }
        if (begins("feff") || begins("fffe")) {
            return inUnicode(16, head[0] == (byte) 0xFE, "");
        }
        int bestWidth = 0;
        int bestAscii = 0;
        boolean bestOrder = false;
        for (int width : new int[] {32, 16}) {
            for (boolean bigEndian : new boolean[] {true, false}) {
                int ascii = ascii(width / 8, bigEndian);
                if (ascii > bestAscii) {
                    bestAscii = ascii;
                    bestWidth = width;
                    bestOrder = bigEndian;
                }
            }
        }
        return bestAscii == 0 ? Optional.empty() : inUnicode(bestWidth, bestOrder, ", without a byte order mark");
    }

    private static Optional<Found> inUnicode(int width, boolean bigEndian, String mark) {
        String encoding = "UTF-" + width + (bigEndian ? "BE" : "LE");
        return Optional.of(new Found(
                IngestionReason.NOT_UTF8,
                "a text in UTF-" + width + (bigEndian ? ", big-endian" : ", little-endian") + mark,
                "save it as UTF-8, as with: iconv -f " + encoding + " -t UTF-8 FILE"));
    }

    /**
     * Counts characters of ASCII in the head, read as units of so many bytes. None where some unit is no character of a text,
     * or most are two letters of ASCII side by side: text in that very encoding has spaces or line feeds and neither of these.
     */
    private int ascii(int bytes, boolean bigEndian) {
        int count = 0;
        int pairs = 0;
        boolean afterHigh = false;
        for (int i = 0; i + bytes <= head.length; i += bytes) {
            int unit = 0;
            for (int j = 0; j < bytes; j++) {
                unit = unit << 8 | (head[bigEndian ? i + j : i + bytes - 1 - j] & 0xFF);
            }
            boolean high = unit >= Character.MIN_HIGH_SURROGATE && unit <= Character.MAX_HIGH_SURROGATE;
            boolean low = unit >= Character.MIN_LOW_SURROGATE && unit <= Character.MAX_LOW_SURROGATE;
            if (bytes == 2 && low != afterHigh) {
                return 0;
            }
            afterHigh = bytes == 2 && high;
            if (bytes == 2 && (high || low)) {
                continue;
            }
            if (!isText(unit)) {
                return 0;
            }
            if (unit < 0x80) {
                count++;
            } else if ((unit & 0x8080) == 0 && unit >> 8 >= ' ' && (unit & 0xFF) >= ' ') {
                pairs++;
            }
        }
        int units = head.length / bytes;
        return units < 2 || pairs > 0.6 * units ? 0 : count;
    }

    private static boolean isText(int codePoint) {
        if (!Character.isValidCodePoint(codePoint)) {
            return false;
        }
        return switch (Character.getType(codePoint)) {
            case Character.UNASSIGNED, Character.PRIVATE_USE, Character.SURROGATE -> false;
            case Character.CONTROL -> codePoint == '\t' || codePoint == '\n' || codePoint == '\r' || codePoint == '\f';
            default -> true;
        };
    }
}
