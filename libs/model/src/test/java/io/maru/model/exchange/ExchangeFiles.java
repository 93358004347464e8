package io.maru.model.exchange;

import io.maru.formats.Content;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Writes what the tests import; a main of it shows how much heap that takes. */
final class ExchangeFiles {
    private ExchangeFiles() {}

    /** Writes the files of a model version for a foreign model. */
    static void save(Path from, Path version) throws IOException {
        try (ForeignModel model = ForeignModel.open(from)) {
            for (Map.Entry<String, Content> file : model.files().entrySet()) {
                file.getValue().save(version.resolve(file.getKey()));
            }
        }
    }

    public static void main(String[] args) throws IOException {
        save(Path.of(args[0]), Path.of(args[1]));
    }
}
