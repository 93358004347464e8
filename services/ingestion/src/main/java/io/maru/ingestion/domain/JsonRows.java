package io.maru.ingestion.domain;

import io.maru.formats.CorruptFileException;
import io.maru.formats.Document;
import io.maru.platform.error.Refusal;
import java.io.IOException;
import java.util.List;

/** Reads each line of a file as a JSON object that is one document; blank lines are none. */
public final class JsonRows implements LineReader {
    private final String source;
    private final String kind;
    private final Documents documents;
    private long lines;

    /**
     * @param source what messages call the file
     * @param kind of text, of all documents
     */
    public JsonRows(String source, String kind, Documents documents) {
        this.source = source;
        this.kind = kind;
        this.documents = documents;
    }

    /** @throws Refusal INVALID_ROW */
    @Override
    public void line(String line) throws IOException, InterruptedException {
        lines++;
        if (!line.isBlank()) {
            documents.accept(document(line));
        }
    }

    @Override
    public void end() {}

    private Document document(String line) {
        Document document;
        try {
            document = Document.ofRow(kind, line, source, lines);
        } catch (CorruptFileException e) {
            throw new Refusal(IngestionReason.INVALID_ROW, e.getMessage(), e);
        }
        requireText(document);
        document.texts().forEach(this::requireNoControl);
        return document;
    }

    private void requireText(Document document) {
        List<String> texts = document.texts();
        // Of a pair it is the completion that is learnt.
        boolean blank = document.body() instanceof Document.Pair pair
                ? pair.completion().isBlank()
                : texts.stream().allMatch(String::isBlank);
        if (blank) {
            throw IngestionReason.INVALID_ROW.because(
                    "%s: line %d: nothing but white space (expected: text)", source, lines);
        }
    }

    /** An escape can say what the file itself must not hold. */
    private void requireNoControl(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f') {
                throw IngestionReason.INVALID_ROW.because(
                        "%s: line %d: control character U+%04X (expected: text, whose only control characters are tab,"
                                + " line feed, carriage return and form feed)",
                        source, lines, (int) c);
            }
        }
    }
}
