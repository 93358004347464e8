package io.maru.checkpoint.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.maru.formats.GgufFile;
import io.maru.platform.testkit.Shared;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.GgufVocabulary;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GgufTokenizerTest {
    @Test
    void readsTheTokenizerOfARealFile() throws IOException {
        try (GgufFile file =
                GgufFile.open(Shared.path("data/weights/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf"))) {
            GgufVocabulary vocabulary = GgufTokenizer.read(file.metadata());

            assertThat(vocabulary.pre()).isEqualTo("smollm");
            assertThat(vocabulary.tokens()).hasSize(49_152);
            assertThat(vocabulary.addBos()).isFalse();
            // "Once upon a time" in SmolLM2's own tokenizer.
            assertThat(BpeTokenizer.fromJson(vocabulary.toJson()).encode("Once upon a time"))
                    .containsExactly(6403, 1980, 253, 655);
        }
    }
}
