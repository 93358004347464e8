package io.maru.inference.app;

import static io.maru.inference.domain.InferenceReason.MODEL_UNUSABLE;

import io.maru.formats.CorruptFileException;
import io.maru.formats.SafetensorsFile;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.decoding.Decoder;
import io.maru.model.device.DeviceOptions;
import io.maru.platform.error.Refusal;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * A GPT-2 or Llama run by TensorFlow. A decoder holds one context and its own copy of the weights, so there are as many as there
 * were sessions at the same time; they are kept for the next ones.
 */
public final class TensorFlowModel implements LanguageModel {
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final String TOKENIZER = "tokenizer.json";

    private final BpeTokenizer tokenizer;
    private final DecoderConfig config;
    private final SafetensorsFile weights;
    private final DeviceOptions device;
    private final ConcurrentLinkedDeque<Decoder> idle = new ConcurrentLinkedDeque<>();

    private TensorFlowModel(
            BpeTokenizer tokenizer, DecoderConfig config, SafetensorsFile weights, DeviceOptions device) {
        this.tokenizer = tokenizer;
        this.config = config;
        this.weights = weights;
        this.device = device;
    }

    /** The loader for models that run on {@code device}. */
    public static Loader loader(DeviceOptions device) {
        return directory -> load(directory, device);
    }

    private static LanguageModel load(Path directory, DeviceOptions device) throws IOException {
        for (String file : new String[] {CONFIG, WEIGHTS, TOKENIZER}) {
            if (Files.notExists(directory.resolve(file))) {
                throw MODEL_UNUSABLE.because("%s: absent (expected: one in each model version)", file);
            }
        }
        SafetensorsFile weights = null;
        try {
            BpeTokenizer tokenizer = BpeTokenizer.read(directory.resolve(TOKENIZER));
            DecoderConfig config = DecoderConfig.fromJson(Files.readAllBytes(directory.resolve(CONFIG)));
            requireFit(tokenizer, config);
            weights = SafetensorsFile.open(directory.resolve(WEIGHTS));
            TensorFlowModel model = new TensorFlowModel(tokenizer, config, weights, device);
            // The first decoder tells whether the tensors fit, before anybody is told that the model can serve.
            model.idle.push(model.decoder());
            return model;
        } catch (UnsupportedModelException | CorruptFileException | TokenizerFormatException e) {
            if (weights != null) {
                weights.close();
            }
            throw new Refusal(MODEL_UNUSABLE, message(e), e);
        }
    }

    private static void requireFit(BpeTokenizer tokenizer, DecoderConfig config) {
        if (tokenizer.endOfText() < 0) {
            throw MODEL_UNUSABLE.because("%s: no <|endoftext|> (expected: one)", TOKENIZER);
        }
        if (tokenizer.vocabularySize() > config.vocabularySize()) {
            throw MODEL_UNUSABLE.because(
                    "vocab_size: %d (expected: at least %d, the tokenizer's)",
                    config.vocabularySize(), tokenizer.vocabularySize());
        }
    }

    /** A file's path is of this machine, and none of the caller's business. */
    private static String message(RuntimeException e) {
        if (e instanceof CorruptFileException corrupt) {
            return "%s: %s: %s (expected: %s)"
                    .formatted(
                            Path.of(corrupt.file()).getFileName(),
                            corrupt.place(),
                            corrupt.found(),
                            corrupt.expected());
        }
        return e.getMessage();
    }

    @Override
    public BpeTokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public long parameters() {
        return config.parameterCount();
    }

    @Override
    public int vocabularySize() {
        return config.vocabularySize();
    }

    @Override
    public int block() {
        return config.block();
    }

    @Override
    public Session open() {
        Decoder decoder = idle.poll();
        return new TensorFlowSession(decoder == null ? decoder() : decoder);
    }

    private Decoder decoder() {
        return Decoder.load(config, weights, device);
    }

    @Override
    public void close() {
        for (Decoder decoder = idle.poll(); decoder != null; decoder = idle.poll()) {
            decoder.close();
        }
        weights.close();
    }

    private final class TensorFlowSession implements Session {
        private final Decoder decoder;

        TensorFlowSession(Decoder decoder) {
            this.decoder = decoder;
        }

        @Override
        public float[] prefill(int[] prompt) {
            return ofTokenizer(decoder.prefill(prompt));
        }

        @Override
        public float[] step(int token) {
            return ofTokenizer(decoder.step(token));
        }

        @Override
        public double[] score(int[] tokens) {
            return decoder.score(tokens);
        }

        @Override
        public void close() {
            idle.push(decoder);
        }

        /** A vocabulary may be padded to a round size; its last ids stand for nothing. */
        private float[] ofTokenizer(float[] logits) {
            int tokens = tokenizer.vocabularySize();
            return tokens == logits.length ? logits : Arrays.copyOf(logits, tokens);
        }
    }
}
