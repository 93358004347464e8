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
    public void end() throws IOException, InterruptedException {
        cut();
    }

    private void add(String line) throws IOException, InterruptedException {
        if (lines.isEmpty() && line.isBlank()) {
            return;
        }
        long lineBytes = utf8Length(line) + 1;
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

    private static long utf8Length(String text) {
        long length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // The two halves of a surrogate pair are four bytes together.
            length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return length;
    }
}
