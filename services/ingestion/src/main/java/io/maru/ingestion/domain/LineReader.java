package io.maru.ingestion.domain;

import io.maru.formats.Document;
import java.io.IOException;

/** Makes documents of the lines of one file. */
public interface LineReader {
    /**
     * Takes the next line.
     *
     * @param line without its end
     */
    void line(String line) throws IOException, InterruptedException;

    /** The file is complete. */
    void end() throws IOException, InterruptedException;

    /** Takes one document. */
    @FunctionalInterface
    interface Documents {
        void accept(Document document) throws IOException, InterruptedException;
    }
}
