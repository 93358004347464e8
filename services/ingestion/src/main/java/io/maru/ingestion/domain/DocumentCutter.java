package io.maru.ingestion.domain;

import io.maru.formats.Document;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/*
 * Where a file's documents end:
 *
 *     separated by <|endoftext|>            otherwise
 *     --------------------------            ---------
 *     Once upon a time ...                  first paragraph
 *     <|endoftext|>              <- cut
 *     Tom had a ball ...                    second paragraph       documentBytes reached
 *     The end.<|endoftext|>Lily  <- cut                            <- cut at this blank line
 *     ran home.                             third paragraph
 *
 * and in both at a line's end before maxDocumentBytes would be passed.
 *
 * A line beyond maxLineBytes begins a document and is cut into pieces: at its separators, and where one is further than
 * maxDocumentBytes (in a file without them: than documentBytes) at the last white space before that.
 *
 *     heron walks over field and counts stones heron walks ...
 *                                      ^ cut: the white space here belongs to neither piece
 *
 * Without white space a piece ends at a character's border, and not before a mark that combines with what precedes it.
 *
 * Blank lines at a document's ends are dropped, and a document of nothing else is none.
 */
/** Cuts the lines of one file into documents. */
public final class DocumentCutter implements LineReader {
    private final boolean separated;
    private final CutRule rule;
    private final String kind;
    private final Documents documents;
    private final List<String> lines = new ArrayList<>();
    private long bytes;

    /** What has come of a long line and is in no document yet. */
    private final StringBuilder rest = new StringBuilder();

    private boolean inLongLine;
    private boolean afterCut;

    /**
     * @param separated whether {@link TextCheck#SEPARATOR} is in the file
     * @param kind of text, of all documents
     * @param documents takes each document, its lines joined by line feeds
     */
    public DocumentCutter(boolean separated, CutRule rule, String kind, Documents documents) {
        this.separated = separated;
        this.rule = rule;
        this.kind = kind;
        this.documents = documents;
    }

    @Override
    public void line(String line) throws IOException, InterruptedException {
        if (!separated) {
            if (line.isBlank() && bytes >= rule.documentBytes()) {
                cut();
            }
            add(line);
            return;
        }
        int start = 0;
        for (int end = line.indexOf(TextCheck.SEPARATOR); end >= 0; end = line.indexOf(TextCheck.SEPARATOR, start)) {
            add(line.substring(start, end));
            cut();
            start = end + TextCheck.SEPARATOR.length();
        }
        add(line.substring(start));
    }

    @Override
    public void piece(String piece, boolean last) throws IOException, InterruptedException {
        if (!inLongLine) {
            cut();
            inLongLine = true;
            afterCut = false;
        }
        rest.append(piece);
        int from = cutPieces(last);
        if (last) {
            inLongLine = false;
            add(rest.substring(from));
            from = rest.length();
        }
        rest.delete(0, from);
    }

    /**
     * Makes documents of the rest of a long line, as far as they can be told from what has come of it.
     *
     * @return where what is in no document begins
     */
    private int cutPieces(boolean last) throws IOException, InterruptedException {
        int from = 0;
        int separator = nextSeparator(from);
        while (true) {
            if (afterCut) {
                from = endOfWhiteSpace(from);
                afterCut = from == rest.length();
            }
            if (separator < from) {
                separator = nextSeparator(from);
            }
            int to = Math.min(separator, rest.length());
            if (separator > rest.length() && separated && !last) {
                // The beginning of a separator may have come, and no cut goes through one.
                to = Math.max(from, to - TextCheck.SEPARATOR.length() + 1);
            }
            int cut = cutWithin(from, to);
            if (cut < to) {
                add(rest.substring(from, cut).stripTrailing());
                cut();
                from = cut;
                afterCut = true;
            } else if (separator < rest.length()) {
                add(rest.substring(from, to));
                cut();
                from = to + TextCheck.SEPARATOR.length();
            } else {
                return from;
            }
        }
    }

    /** Where the next separator begins; beyond the rest where none has come. */
    private int nextSeparator(int from) {
        int separator = separated ? rest.indexOf(TextCheck.SEPARATOR, from) : -1;
        return separator < 0 ? Integer.MAX_VALUE : separator;
    }

    /** Where a piece ends that begins at {@code from}; {@code to} where all of that is one piece. */
    private int cutWithin(int from, int to) {
        int maxBytes = separated ? rule.maxDocumentBytes() : rule.documentBytes();
        int border = from;
        for (long size = 0; border < to; border++) {
            size += TextLines.utf8Bytes(rest.charAt(border));
            if (size > maxBytes) {
                break;
            }
        }
        if (border == to) {
            return to;
        }
        for (int i = border; i > from; i--) {
            if (Character.isWhitespace(rest.charAt(i))) {
                return i;
            }
        }
        int cut = border;
        while (cut > from && isWithinCharacter(cut)) {
            cut--;
        }
        if (cut > from) {
            return cut;
        }
        // Nothing but marks, or a limit below one character.
        int character = Character.charCount(Character.codePointAt(rest, from));
        return Math.max(from + character, border - (Character.isLowSurrogate(rest.charAt(border)) ? 1 : 0));
    }

    private boolean isWithinCharacter(int at) {
        return Character.isLowSurrogate(rest.charAt(at))
                || switch (Character.getType(Character.codePointAt(rest, at))) {
                    case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> true;
                    default -> false;
                };
    }

    private int endOfWhiteSpace(int from) {
        int end = from;
        while (end < rest.length() && Character.isWhitespace(rest.charAt(end))) {
            end++;
        }
        return end;
    }

    @Override
    public void end() throws IOException, InterruptedException {
        cut();
    }

    private void add(String line) throws IOException, InterruptedException {
        if (lines.isEmpty() && line.isBlank()) {
            return;
        }
        long lineBytes = TextLines.utf8Bytes(line) + 1;
        if (bytes + lineBytes > rule.maxDocumentBytes()) {
            cut();
        }
        lines.add(line);
        bytes += lineBytes;
    }

    private void cut() throws IOException, InterruptedException {
        int end = lines.size();
        while (end > 0 && lines.get(end - 1).isBlank()) {
            end--;
        }
        int start = 0;
        while (start < end && lines.get(start).isBlank()) {
            start++;
        }
        String text = String.join("\n", lines.subList(start, end));
        lines.clear();
        bytes = 0;
        if (!text.isEmpty()) {
            documents.accept(Document.of(kind, text));
        }
    }
}
