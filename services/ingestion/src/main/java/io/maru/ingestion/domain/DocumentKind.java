package io.maru.ingestion.domain;

import io.maru.formats.Document;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What kind of text a document is. Whoever sends a file may say so in a word of his own; of others the ending of the file's
 * name tells.
 */
public final class DocumentKind {
    /** Of a file whose name does not tell. */
    public static final String OTHER = "other";

    private static final Map<String, List<String>> ENDINGS = Map.of(
            "prose", List.of("txt", "text"),
            "markdown", List.of("md", "markdown", "mdx", "rmd"),
            "markup", List.of("adoc", "htm", "html", "org", "rst", "tex", "xhtml", "xml"),
            "data", List.of("csv", "ini", "json", "jsonl", "ndjson", "properties", "toml", "tsv", "yaml", "yml"),
            "code",
                    List.of(
                            "bash", "c", "cc", "clj", "cpp", "cs", "css", "cu", "cxx", "dart", "ex", "exs", "go",
                            "gradle", "groovy", "h", "hpp", "hs", "java", "jl", "js", "jsx", "kt", "kts", "lua", "m",
                            "ml", "php", "pl", "proto", "ps1", "py", "r", "rb", "rs", "scala", "sh", "sql", "swift",
                            "ts", "tsx", "vue", "zig"));

    private static final Map<String, String> BY_ENDING = byEnding();

    private DocumentKind() {}

    private static Map<String, String> byEnding() {
        Map<String, String> kinds = new HashMap<>();
        ENDINGS.forEach((kind, endings) -> endings.forEach(ending -> kinds.put(ending, kind)));
        return kinds;
    }

    /** The kind of a file that is called {@code name}, which may be a path. */
    public static String ofFile(String name) {
        int dot = name.lastIndexOf('.');
        return dot < 0 ? OTHER : BY_ENDING.getOrDefault(name.substring(dot + 1).toLowerCase(Locale.ROOT), OTHER);
    }

    /**
     * The kind, if it may be called so.
     *
     * @param field that it stands in, for the error
     * @throws io.maru.platform.error.Refusal INVALID_KIND
     */
    public static String check(String field, String kind) {
        if (!Document.isKind(kind)) {
            throw IngestionReason.INVALID_KIND.because(
                    "%s: \"%s\" (expected: at most %d lowercase letters, digits and hyphens, a hyphen not first)",
                    field, kind.length() <= 100 ? kind : kind.substring(0, 100) + "…", Document.MAX_KIND_LENGTH);
        }
        return kind;
    }
}
