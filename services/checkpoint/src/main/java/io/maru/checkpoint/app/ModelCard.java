package io.maru.checkpoint.app;

import io.maru.checkpoint.domain.ModelVersion;
import io.maru.formats.Manifest;
import io.maru.model.configuration.DecoderConfig;
import io.maru.platform.name.ResourceName;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is known of a model version, in Markdown: the README.md that goes out with it. */
final class ModelCard {
    private ModelCard() {}

    static String of(ModelVersion version, DecoderConfig config) {
        StringBuilder card = new StringBuilder();
        String model = ResourceName.last(version.name().model());
        line(card, "---");
        line(card, "library_name: transformers");
        line(card, "pipeline_tag: text-generation");
        line(card, "---");
        line(card, "# %s, version %d", model, version.name().version());
        if (!version.description().note().isEmpty()) {
            line(card, "");
            line(card, "%s", version.description().note());
        }
        line(card, "");
        line(card, "| | |");
        line(card, "|---|---|");
        row(card, "version", ResourceName.relative(version.name().toString()));
        row(
                card,
                "made of",
                String.join(
                        ", ",
                        version.origin().parents().stream()
                                .map(ResourceName::relative)
                                .toList()));
        row(card, "run", relative(version.origin().run()));
        row(card, "trained on", relative(version.origin().dataset()));
        row(card, "tokenizer", relative(version.origin().tokenizer()));
        row(
                card,
                "labels",
                version.description().labels().entrySet().stream()
                        .map(label -> label.getKey() + "=" + label.getValue())
                        .collect(Collectors.joining(", ")));
        row(card, "published", version.createTime().toString());
        row(card, "family", config.family());
        row(card, "parameters", number(config.parameterCount()));
        row(card, "layers, width, heads", config.layers() + ", " + config.width() + ", " + config.heads());
        row(card, "vocabulary", number(config.vocabularySize()) + " tokens");
        row(card, "context", number(config.block()) + " tokens; what is longer it cannot read");
        line(card, "");
        line(card, "The version's files, as Maru keeps them:");
        line(card, "");
        line(card, "| file | bytes | sha256 |");
        line(card, "|---|---|---|");
        for (Manifest.Entry file : version.manifest().entries()) {
            line(card, "| %s | %s | `%s` |", file.key(), number(file.size()), file.sha256());
        }
        return card.toString();
    }

    private static String relative(String name) {
        return name.isEmpty() ? "" : ResourceName.relative(name);
    }

    /** Says nothing of what is not known. */
    private static void row(StringBuilder card, String what, String value) {
        if (!value.isEmpty()) {
            line(card, "| %s | %s |", what, value.replace("|", "\\|").replace('\n', ' '));
        }
    }

    private static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static void line(StringBuilder card, String format, Object... arguments) {
        card.append(arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments))
                .append('\n');
    }
}
