package io.maru.cli.run;

import io.maru.checkpoint.v1.ModelFile;
import io.maru.cli.CommandFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The files of a model on this machine that an import reads: Hugging Face's of a folder, or one GGUF file. */
public final class ModelFiles {
    private static final String GGUF = ".gguf";
    private static final Set<String> NAMES = Set.of(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "vocab.json",
            "merges.txt",
            "tokenizer.model",
            "chat_template.jinja");
    private static final List<String> ENDINGS = List.of(".safetensors", ".safetensors.index.json", ".tiktoken");
    private static final List<String> PICKLES = List.of(".bin", ".pt", ".pth", ".ckpt", ".pkl");

    private ModelFiles() {}

    /**
     * The files by name.
     *
     * @throws CommandFailure where there is no model, or one that only running its own code could load
     */
    public static Map<String, Path> of(Path path) {
        if (!Files.exists(path)) {
            throw wrong(path, "no such file or folder", "a folder with config.json and .safetensors, or a .gguf file");
        }
        if (!Files.isDirectory(path)) {
            String name = path.getFileName().toString();
            if (!name.endsWith(GGUF)) {
                throw refused(path, name);
            }
            return Map.of(name, path);
        }
        Map<String, Path> all = new TreeMap<>();
        try (Stream<Path> files = Files.list(path)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> all.put(file.getFileName().toString(), file));
        } catch (IOException e) {
            throw wrong(path, CommandFailure.problem(e), "a folder that can be read");
        }
        List<String> ggufs =
                all.keySet().stream().filter(name -> name.endsWith(GGUF)).toList();
        boolean weights = all.keySet().stream().anyMatch(name -> name.endsWith(ENDINGS.get(0)));
        if (!weights && ggufs.size() == 1) {
            return Map.of(ggufs.get(0), all.get(ggufs.get(0)));
        }
        if (!weights && !ggufs.isEmpty()) {
            throw wrong(path, ggufs.size() + " files that end in .gguf", "the one to import, by its name");
        }
        if (!weights) {
            all.keySet().stream().filter(ModelFiles::isPickle).findFirst().ifPresent(name -> {
                throw refused(path, name);
            });
            throw wrong(path, "no file that ends in .safetensors or .gguf", "a model");
        }
        all.keySet().removeIf(name -> !NAMES.contains(name) && ENDINGS.stream().noneMatch(name::endsWith));
        return all;
    }

    /** What the server is told of a file before its bytes. */
    public static ModelFile describe(String name, Path file) {
        try {
            MessageDigest digest = ReceivedFiles.sha256();
            long size;
            try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
                size = in.transferTo(OutputStream.nullOutputStream());
            }
            return ModelFile.newBuilder()
                    .setFileName(name)
                    .setSize(size)
                    .setSha256(HexFormat.of().formatHex(digest.digest()))
                    .build();
        } catch (IOException e) {
            throw wrong(file, CommandFailure.problem(e), "a file that can be read");
        }
    }

    /** A model's name as a folder's or file's name suggests it: lowercase letters, digits and hyphens. */
    public static String suggestedId(Path path) {
        String name = path.toAbsolutePath().normalize().getFileName().toString();
        String id = (name.endsWith(GGUF) ? name.substring(0, name.length() - GGUF.length()) : name)
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
        return id.substring(0, Math.min(id.length(), 63)).replaceAll("-$", "");
    }

    private static boolean isPickle(String name) {
        return PICKLES.stream().anyMatch(name::endsWith);
    }

    private static CommandFailure refused(Path path, String name) {
        return isPickle(name)
                ? wrong(
                        path,
                        name + " is a pickle, which is a program that would run here",
                        "weights as .safetensors; transformers writes them with"
                                + " AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(OTHER)")
                : wrong(path, "a file that does not end in .gguf", "a folder of Hugging Face's, or a .gguf file");
    }

    private static CommandFailure wrong(Path path, String found, String expected) {
        return CommandFailure.badInput("model: %s: %s (expected: %s)".formatted(path, found, expected));
    }
}
