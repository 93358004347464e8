package io.maru.cli.run;

import io.maru.checkpoint.v1.Alias;
import io.maru.checkpoint.v1.Model;
import io.maru.checkpoint.v1.ModelVersion;
import io.maru.checkpoint.v1.StoredFile;
import io.maru.cli.Output;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** What is known of models and their versions, for people and for programs. */
public final class ModelReports {
    private ModelReports() {}

    public static Map<String, Object> of(Model model) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("model", model.getName());
        report.put("versions", model.getVersions());
        report.put("newest", model.getNewest().getName());
        Map<String, String> aliases = new LinkedHashMap<>();
        for (Alias alias : model.getAliasesList()) {
            aliases.put(alias.getName().substring(alias.getName().indexOf('@') + 1), alias.getModelVersion());
        }
        report.put("aliases", aliases);
        return report;
    }

    public static Map<String, Object> of(ModelVersion version) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("model_version", version.getName());
        report.put("created", created(version));
        report.put("parents", version.getParentsList());
        report.put("dataset", version.getDataset());
        report.put("tokenizer", version.getTokenizer());
        report.put("aliases", version.getAliasesList());
        report.put("labels", version.getLabelsMap());
        report.put("note", version.getNote());
        report.put(
                "files",
                version.getFilesList().stream()
                        .map(file ->
                                Map.of("file", file.getFileName(), "size", file.getSize(), "sha256", file.getSha256()))
                        .toList());
        return report;
    }

    public static void print(ModelVersion version, Output output) {
        output.say("%s", version.getName());
        say(output, "created", created(version));
        version.getParentsList().forEach(parent -> say(output, "made of", parent));
        say(output, "trained on", version.getDataset());
        say(output, "tokenizer", version.getTokenizer());
        say(output, "called", String.join(", ", version.getAliasesList()));
        version.getLabelsMap().forEach((key, value) -> say(output, "label", key + "=" + value));
        say(output, "note", version.getNote());
        for (StoredFile file : version.getFilesList()) {
            output.say("  %,15d  %s", file.getSize(), file.getFileName());
        }
    }

    private static void say(Output output, String what, String text) {
        if (!text.isEmpty()) {
            output.paragraph("  " + what + " ".repeat(Math.max(1, 12 - what.length())), text);
        }
    }

    private static String created(ModelVersion version) {
        return Instant.ofEpochSecond(version.getCreateTime().getSeconds()).toString();
    }
}
