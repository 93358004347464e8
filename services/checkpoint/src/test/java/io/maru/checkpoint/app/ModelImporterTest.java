package io.maru.checkpoint.app;

import static io.maru.checkpoint.app.CheckpointsTest.assertRefused;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.maru.checkpoint.app.ModelImporter.Written;
import io.maru.checkpoint.domain.CheckpointReason;
import io.maru.checkpoint.domain.FoundModel;
import io.maru.checkpoint.domain.ImportState;
import io.maru.checkpoint.domain.ModelFile;
import io.maru.checkpoint.domain.ModelImport;
import io.maru.formats.Content;
import io.maru.formats.Manifest;
import io.maru.formats.Sha256;
import io.maru.platform.error.CommonReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelImporterTest {
    private static final String NAME = "workspaces/w/imports/a";
    private static final String MODEL = "workspaces/w/models/tales";

    private final InMemoryBytes bytes = new InMemoryBytes();
    private final InMemoryModels catalog = new InMemoryModels();
    private final List<String> registered = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void nothingIsLeftOnTheDisk() throws IOException {
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void writesWhatTheModelIsMadeOfAndTheManifestLast() throws Exception {
        List<FoundModel> told = new ArrayList<>();

        Written written = importer(1 << 20).write(uploaded(Map.of("model.safetensors", "weights")), told::add);

        assertThat(written.name()).hasToString(MODEL + "/versions/1");
        assertThat(written.manifest().entries())
                .extracting(Manifest.Entry::key)
                .containsExactly("config.json", "model.safetensors");
        assertThat(bytes.objects.get(MODEL + "/versions/1/model.safetensors")).isEqualTo("WEIGHTS".getBytes(UTF_8));
        assertThat(bytes.objects.get(MODEL + "/versions/1/manifest.json"))
                .isEqualTo(written.manifest().toJson());
        assertThat(registered).containsExactly("{}");
        assertThat(catalog.findByRequest(NAME).orElseThrow().origin().parents()).containsExactly(NAME);
        assertThat(written.found().tokenizer()).isEqualTo("workspaces/w/tokenizers/1");
        assertThat(told).last().isEqualTo(written.found());
        // Nobody sees it before its row says so.
        assertThat(catalog.newest(MODEL)).isEmpty();
    }

    @Test
    void aLaterAttemptTakesTheSameNumber() throws Exception {
        ModelImport order = uploaded(Map.of("model.safetensors", "weights"));

        Written first = importer(1 << 20).write(order, found -> {});

        assertThat(importer(1 << 20).write(order, found -> {}).name()).isEqualTo(first.name());
    }

    @Test
    void stopsWhereItIsToldAndWritesNoManifest() {
        ModelImport order = uploaded(Map.of("model.safetensors", "weights"));

        assertRefused(CheckpointReason.IMPORT_CANCELLED, () -> importer(1 << 20).write(order, found -> {
            if (found.writtenBytes() > 0) {
                throw CheckpointReason.IMPORT_CANCELLED.because("a: cancelled (expected: not)");
            }
        }));

        assertThat(bytes.objects.keySet()).noneMatch(key -> key.endsWith("manifest.json"));
    }

    @Test
    void refusesAnUploadThatHasRotted() {
        ModelImport order = uploaded(Map.of("model.safetensors", "weights"));
        bytes.objects.replaceAll((key, content) -> "rot".getBytes(UTF_8));

        assertRefused(CommonReason.OBJECT_CORRUPT, () -> importer(1 << 20).write(order, found -> {}));
    }

    @Test
    void readsOnlyWhatLiesRightInTheFolderAndBelongsToAModel() throws Exception {
        String source = "workspaces/w/inbox/gpt";
        bytes.write(source + "/model.safetensors", "weights".getBytes(UTF_8));
        bytes.write(source + "/deeper/model.safetensors", "other".getBytes(UTF_8));
        bytes.write(source + "/pytorch_model.bin", "pickle".getBytes(UTF_8));
        FakeModels models = new FakeModels();

        importer(models, 1 << 20).write(order(source, List.of()), found -> {});

        assertThat(models.seen).containsExactly("model.safetensors");
    }

    @Test
    void refusesASourceThatIsLargerThanAllowed() {
        bytes.write("workspaces/w/inbox/gpt/model.safetensors", "weights".getBytes(UTF_8));

        assertRefused(CheckpointReason.FILE_TOO_LARGE, () -> importer(6)
                .write(order("workspaces/w/inbox/gpt", List.of()), found -> {}));
    }

    private ModelImporter importer(long maxBytes) {
        return importer(new FakeModels(), maxBytes);
    }

    private ModelImporter importer(ForeignModels models, long maxBytes) {
        return new ModelImporter(
                catalog,
                bytes,
                models,
                json -> {
                    registered.add(new String(json, UTF_8));
                    return "workspaces/w/tokenizers/" + registered.size();
                },
                folder,
                maxBytes,
                Clock.systemUTC());
    }

    private ModelImport uploaded(Map<String, String> files) {
        List<ModelFile> uploaded = new ArrayList<>();
        files.forEach((name, text) -> {
            byte[] content = text.getBytes(UTF_8);
            ModelFile file = new ModelFile(name, content.length, Sha256.of(content));
            bytes.write(file.name("w"), content);
            uploaded.add(file);
        });
        return order("", uploaded);
    }

    private static ModelImport order(String source, List<ModelFile> files) {
        return new ModelImport(
                NAME,
                ImportState.RUNNING,
                MODEL,
                source,
                files,
                "",
                "ann",
                FoundModel.NONE,
                "",
                "",
                "",
                Instant.EPOCH,
                Instant.EPOCH);
    }

    /** Makes weights of weights by writing them large. */
    private static final class FakeModels implements ForeignModels {
        final List<String> seen = new ArrayList<>();

        @Override
        public Foreign open(Path source) throws IOException {
            try (Stream<Path> files = Files.list(source)) {
                files.map(file -> file.getFileName().toString()).sorted().forEach(seen::add);
            }
            byte[] weights = Files.readString(source.resolve("model.safetensors"))
                    .toUpperCase(java.util.Locale.ROOT)
                    .getBytes(UTF_8);
            return new Foreign() {
                @Override
                public String architecture() {
                    return "Fake";
                }

                @Override
                public long parameters() {
                    return weights.length;
                }

                @Override
                public String dtype() {
                    return "F32";
                }

                @Override
                public long bytes() {
                    return weights.length;
                }

                @Override
                public Map<String, Content> files() {
                    Map<String, Content> files = new LinkedHashMap<>();
                    files.put("config.json", Content.of("{}".getBytes(UTF_8)));
                    files.put("model.safetensors", Content.of(weights));
                    return files;
                }

                @Override
                public Optional<byte[]> tokenizerJson() {
                    return Optional.of("{}".getBytes(UTF_8));
                }

                @Override
                public void close() {}
            };
        }

        @Override
        public Shape shape(byte[] configJson) {
            return Shape.UNKNOWN;
        }
    }
}
