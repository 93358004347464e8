package io.maru.checkpoint.app;

import static io.maru.checkpoint.domain.CheckpointReason.MODEL_UNSUPPORTED;
import static io.maru.checkpoint.domain.CheckpointReason.PICKLE_REFUSED;

import java.util.Collection;
import java.util.Locale;
import java.util.Set;

/** Which files of a model's folder an import reads. Nothing else leaves the store. */
final class ImportFiles {
    private static final Set<String> READ =
            Set.of(".safetensors", ".gguf", ".json", ".model", ".txt", ".jinja", ".tiktoken");
    /** Python's own format, which runs code when it is read. */
    private static final Set<String> PICKLES = Set.of(".bin", ".pt", ".pth", ".pkl", ".ckpt");

    private ImportFiles() {}

    static boolean isRead(String fileName) {
        return READ.contains(extension(fileName));
    }

    /** @throws io.maru.platform.error.Refusal PICKLE_REFUSED, MODEL_UNSUPPORTED where there are no weights that can be read */
    static void requireModel(Collection<String> fileNames) {
        if (fileNames.stream()
                .map(ImportFiles::extension)
                .anyMatch(end -> end.equals(".safetensors") || end.equals(".gguf"))) {
            return;
        }
        fileNames.stream()
                .filter(name -> PICKLES.contains(extension(name)))
                .findFirst()
                .ifPresent(name -> {
                    throw PICKLE_REFUSED.because(
                            "%s: a pickle, which runs code when it is read (expected: model.safetensors, which transformers"
                                    + " makes of it: AutoModelForCausalLM.from_pretrained(\"folder\")"
                                    + ".save_pretrained(\"other\", safe_serialization=True))",
                            name);
                });
        throw MODEL_UNSUPPORTED.because(
                "%d files without weights (expected: config.json with *.safetensors, or one *.gguf)", fileNames.size());
    }

    private static String extension(String fileName) {
        int dot = fileName.lastIndexOf('.');
        return dot < 0 ? "" : fileName.substring(dot).toLowerCase(Locale.ROOT);
    }
}
