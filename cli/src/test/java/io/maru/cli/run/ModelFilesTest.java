package io.maru.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.maru.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFilesTest {
    @TempDir
    Path folder;

    private void write(String... names) throws IOException {
        for (String name : names) {
            Files.writeString(folder.resolve(name), name);
        }
    }

    @Test
    void takesWhatAModelIsMadeOfAndNothingElse() throws IOException {
        write("config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "tokenizer.json");
        write("README.md", "pytorch_model.bin", "optimizer.pt", "chat_template.jinja");
        Files.createDirectory(folder.resolve("onnx"));

        assertThat(ModelFiles.of(folder).keySet())
                .containsExactly(
                        "chat_template.jinja",
                        "config.json",
                        "model-00001-of-00002.safetensors",
                        "model.safetensors.index.json",
                        "tokenizer.json");
    }

    @Test
    void aGgufFileIsAModelByItself() throws IOException {
        write("SmolLM2.Q8_0.gguf", "README.md");

        assertThat(ModelFiles.of(folder)).containsOnlyKeys("SmolLM2.Q8_0.gguf");
        assertThat(ModelFiles.of(folder.resolve("SmolLM2.Q8_0.gguf"))).containsOnlyKeys("SmolLM2.Q8_0.gguf");
    }

    @Test
    void aPickleIsRefusedWithTheWayToConvertIt() throws IOException {
        write("config.json", "pytorch_model.bin");

        assertThatThrownBy(() -> ModelFiles.of(folder))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("pytorch_model.bin is a pickle")
                .hasMessageContaining("save_pretrained");
    }

    @Test
    void twoGgufFilesAreAQuestion() throws IOException {
        write("a.gguf", "b.gguf");

        assertThatThrownBy(() -> ModelFiles.of(folder)).hasMessageContaining("2 files that end in .gguf");
    }

    @Test
    void nothingThatIsAModelIsSaidToBeNone() throws IOException {
        write("config.json");

        assertThatThrownBy(() -> ModelFiles.of(folder))
                .hasMessageContaining("no file that ends in .safetensors or .gguf");
        assertThatThrownBy(() -> ModelFiles.of(folder.resolve("none"))).hasMessageContaining("no such file or folder");
    }

    @Test
    void aNameIsMadeOfTheFolders() {
        assertThat(ModelFiles.suggestedId(Path.of("/models/SmolLM2-135M-Instruct/")))
                .isEqualTo("smollm2-135m-instruct");
        assertThat(ModelFiles.suggestedId(Path.of("story_260K.Q8_0.gguf"))).isEqualTo("story-260k-q8-0");
        assertThat(ModelFiles.suggestedId(Path.of("모델"))).isEmpty();
    }

    @Test
    void aFileIsDescribedByItsSizeAndDigest() throws IOException {
        write("abc");

        // The digest of "abc" is an example of FIPS 180-4.
        assertThat(ModelFiles.describe("abc", folder.resolve("abc"))).satisfies(file -> {
            assertThat(file.getSize()).isEqualTo(3);
            assertThat(file.getSha256()).isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        });
    }
}
