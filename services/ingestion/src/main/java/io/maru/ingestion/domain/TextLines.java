package io.maru.ingestion.domain;

import java.io.IOException;
import java.io.Reader;

/*
 * A line within the limit comes whole, a longer one in pieces, so that memory holds no more than about the limit of it:
 *
 *     maxBytes 8        short \n   a line of 24 bytes, here \r\n
 *                       [whole]    [piece   ][piece   ][last]
 */
/**
 * Reads the lines of a text. A line ends with a line feed, a carriage return, both together, or the text's end; a byte order
 * mark at the beginning is no part of the first.
 */
public final class TextLines {
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final Reader in;
    private final int maxBytes;
    private final char[] buffer = new char[1 << 13];
    private int position;
    private int end;
    private final StringBuilder text = new StringBuilder();

    private long number;
    private boolean inside;
    private boolean whole;
    private boolean last;
    private boolean afterReturn;
    private boolean begun;

    /** @param maxBytes of a line in UTF-8, without its end */
    public TextLines(Reader in, int maxBytes) {
        this.in = in;
        this.maxBytes = maxBytes;
    }

    /** Goes on to the next line, or to the next piece of a long one; false where there is none. */
    public boolean next() throws IOException {
        text.setLength(0);
        long bytes = 0;
        boolean first = !inside;
        while (fill()) {
            char c = buffer[position];
            if (afterReturn) {
                afterReturn = false;
                if (c == '\n') {
                    position++;
                    continue;
                }
            }
            position++;
            if (c == '\n' || c == '\r') {
                afterReturn = c == '\r';
                return ended(first);
            }
            text.append(c);
            bytes += utf8Bytes(c);
            if (bytes > maxBytes && !Character.isHighSurrogate(c)) {
                number += first ? 1 : 0;
                inside = true;
                whole = false;
                last = false;
                return true;
            }
        }
        return (inside || text.length() > 0) && ended(first);
    }

    private boolean ended(boolean first) {
        number += first ? 1 : 0;
        whole = first;
        inside = false;
        last = true;
        return true;
    }

    private boolean fill() throws IOException {
        if (position == end) {
            position = 0;
            end = Math.max(0, in.read(buffer));
            if (!begun && end > 0) {
                begun = true;
                position = buffer[0] == BYTE_ORDER_MARK ? 1 : 0;
                return position < end || fill();
            }
        }
        return position < end;
    }

    /** The line, or the piece of one, without its end. */
    public String text() {
        return text.toString();
    }

    /** Whether the line is within the limit. */
    public boolean isWhole() {
        return whole;
    }

    /** Whether the line ends here. */
    public boolean isLast() {
        return last;
    }

    /** Which line this is, counted from 1. */
    public long number() {
        return number;
    }

    /**
     * Reads the long line to its end.
     *
     * @return its bytes in UTF-8
     */
    public long measure() throws IOException {
        long bytes = utf8Bytes(text);
        while (!last && next()) {
            bytes += utf8Bytes(text);
        }
        return bytes;
    }

    static long utf8Bytes(CharSequence text) {
        long bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            bytes += utf8Bytes(text.charAt(i));
        }
        return bytes;
    }

    /** Bytes that a character stands for; the two halves of a surrogate pair are four bytes together. */
    static int utf8Bytes(char c) {
        return c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
}
