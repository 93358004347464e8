package io.maru.formats;

/**
 * Bytes that are not what their format says. Reading them again will not help; fetching or making them again may.
 *
 * <p>The message reads {@code shard-7.tok: token 12: 70000 (expected: below 50257)}.
 */
public final class CorruptFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_FOUND_LENGTH = 200;

    private final String file;
    private final String place;
    private final String found;
    private final String expected;

    public CorruptFileException(String file, String place, String found, String expected) {
        this(file, place, found, expected, null);
    }

    public CorruptFileException(String file, String place, String found, String expected, Throwable cause) {
        super(
                "%s: %s: %s (expected: %s)".formatted(file, printable(place), printable(found), printable(expected)),
                cause);
        this.file = file;
        this.place = printable(place);
        this.found = printable(found);
        this.expected = printable(expected);
    }

    /** The file, as its reader was asked for it. */
    public String file() {
        return file;
    }

    /** Where in the file: {@code header}, {@code line 3}, {@code tensor wte.weight}. */
    public String place() {
        return place;
    }

    /** What stood there, shortened if it is long. */
    public String found() {
        return found;
    }

    public String expected() {
        return expected;
    }

    /** The text comes from a file that may be hostile, and goes into logs: one line, of a length that can be read. */
    private static String printable(String text) {
        String oneLine = text.replaceAll("\\p{Cntrl}", "?");
        return oneLine.length() <= MAX_FOUND_LENGTH ? oneLine : oneLine.substring(0, MAX_FOUND_LENGTH) + "...";
    }
}
