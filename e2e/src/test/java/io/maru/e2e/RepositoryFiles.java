package io.maru.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files of this repository as text, and as YAML. */
final class RepositoryFiles {
    static final List<String> SERVICES =
            List.of("control", "ingestion", "tokenization", "training", "checkpoint", "evaluation", "inference");

    private RepositoryFiles() {}

    static Path file(String path) {
        return Path.of(System.getProperty("maru.root"), path);
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Path> below(Path folder, String suffix) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The documents of a YAML file: maps, lists and scalars, and a key twice is an error. */
    static List<Object> yaml(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        return StreamSupport.stream(
                        new Yaml(new SafeConstructor(options)).loadAll(text).spliterator(), false)
                .toList();
    }

    /** The map at the end of a path of keys; empty where there is none. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object yaml, String... path) {
        Object at = yaml;
        for (String key : path) {
            at = at instanceof Map<?, ?> map ? map.get(key) : null;
        }
        return at == null ? Map.of() : (Map<String, Object>) at;
    }

    @SuppressWarnings("unchecked")
    static <T> List<T> list(Object yaml, String key) {
        Object list = map(yaml).get(key);
        return list == null ? List.of() : (List<T>) list;
    }
}
