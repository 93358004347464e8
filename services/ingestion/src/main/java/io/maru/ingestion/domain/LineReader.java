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

    /**
     * Takes the next piece of a line that is longer than the limit. A reader of whole lines gets none, since {@link TextLines}
     * refuses the line.
     *
     * @param last whether the line ends with it
     */
    default void piece(String piece, boolean last) throws IOException, InterruptedException {
        throw new UnsupportedOperationException(getClass().getSimpleName() + " reads whole lines");
    }

    /** The file is complete. */
    void end() throws IOException, InterruptedException;

    /** Takes one document. */
    @FunctionalInterface
    interface Documents {
        void accept(Document document) throws IOException, InterruptedException;
    }
}
