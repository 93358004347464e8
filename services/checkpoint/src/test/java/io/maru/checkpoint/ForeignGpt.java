package io.maru.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.formats.DType;
import io.maru.formats.SafetensorsWriter;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.Parameter;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A GPT-2 of some hundred weights, as the files that transformers writes. */
public final class ForeignGpt {
    public static final String CHAT_TEMPLATE = "{{ messages[0].content }}";

    private static final String CONFIG = """
            {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": 258, "n_positions": %d, "n_embd": 4,
             "n_layer": 1, "n_head": 2, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}
            """;

    private ForeignGpt() {}

    /** Returns the files by name. */
    public static Map<String, byte[]> files(Path folder) throws IOException {
        return files(folder, 8);
    }

    /**
     * Returns those of one with a longer context.
     *
     * @param block positions; each has weights of its own
     */
    public static Map<String, byte[]> files(Path folder, int block) throws IOException {
        byte[] configJson = String.format(Locale.ROOT, CONFIG, block).getBytes(UTF_8);
        Path weights = Files.createTempFile(folder, "weights", ".safetensors");
        try (SafetensorsWriter writer = SafetensorsWriter.create(weights)) {
            writer.metadata("format", "pt");
            DecoderConfig config = DecoderConfig.fromJson(configJson);
            for (Parameter parameter : config.parameters()) {
                writer.declare(parameter.name(), DType.F32, parameter.shape().asArray());
            }
            for (Parameter parameter : config.parameters()) {
                float[] values = new float[Math.toIntExact(parameter.elements())];
                Arrays.fill(values, 0.5f);
                writer.write(parameter.name(), values);
            }
            writer.seal();
        }
        BpeTrainer trainer = new BpeTrainer(258, TieRule.SMALLEST_IDS);
        trainer.add("aaaa");
        BpeTokenizer tokenizer = trainer.train();
        Map<String, byte[]> files = new TreeMap<>();
        files.put("config.json", configJson);
        // As every model has one that is to be exported.
        files.put("generation_config.json", "{\"eos_token_id\": 256}".getBytes(UTF_8));
        files.put("model.safetensors", Files.readAllBytes(weights));
        files.put("tokenizer.json", tokenizer.toJson());
        files.put("chat_template.jinja", CHAT_TEMPLATE.getBytes(UTF_8));
        files.put("README.md", "a model".getBytes(UTF_8));
        return files;
    }
}
