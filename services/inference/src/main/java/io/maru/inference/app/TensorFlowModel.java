package io.maru.inference.app;

import static io.maru.inference.domain.InferenceReason.MODEL_UNUSABLE;

import io.maru.formats.CorruptFileException;
import io.maru.formats.SafetensorsFile;
import io.maru.model.configuration.DecoderConfig;
import io.maru.model.configuration.UnsupportedModelException;
import io.maru.model.decoding.Decoder;
import io.maru.model.device.DeviceOptions;
import io.maru.model.exchange.GenerationConfig;
import io.maru.platform.error.Refusal;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.SpecialTokens;
import io.maru.tokenizer.TokenizerFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * A GPT-2, Llama or Qwen2 run by TensorFlow. A decoder holds one context and its own copy of the weights, so there are as many as there
 * were sessions at the same time; they are kept for the next ones.
 */
public final class TensorFlowModel implements LanguageModel {
    private static final String CONFIG = "config.json";
    private static final String WEIGHTS = "model.safetensors";
    private static final String TOKENIZER = "tokenizer.json";
    private static final int NONE = -1;

    private final BpeTokenizer tokenizer;
    private final DecoderConfig config;
    private final SortedSet<Integer> stopIds;
    /** {@link #NONE} if the model has none. */
    private final int start;

    private final SafetensorsFile weights;
    private final DeviceOptions device;
    private final ConcurrentLinkedDeque<Decoder> idle = new ConcurrentLinkedDeque<>();

    private TensorFlowModel(
            BpeTokenizer tokenizer,
            DecoderConfig config,
            GenerationConfig generation,
            SafetensorsFile weights,
            DeviceOptions device) {
        this.tokenizer = tokenizer;
        this.config = config;
        Optional<Integer> endOfText = endOfText(tokenizer);
        stopIds = generation.stopIds().isEmpty()
                ? new TreeSet<>(endOfText.stream().toList())
                : generation.stopIds();
        start = generation.bos().or(() -> endOfText).orElse(NONE);
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
            byte[] json = Files.readAllBytes(directory.resolve(CONFIG));
            DecoderConfig config = DecoderConfig.fromJson(json);
            requireFit(tokenizer, config);
            Path generation = directory.resolve(GenerationConfig.FILE);
            Optional<byte[]> found =
                    Files.exists(generation) ? Optional.of(Files.readAllBytes(generation)) : Optional.empty();
            GenerationConfig generationConfig = GenerationConfig.read(found, json, config.vocabularySize());
            weights = SafetensorsFile.open(directory.resolve(WEIGHTS));
            TensorFlowModel model = new TensorFlowModel(tokenizer, config, generationConfig, weights, device);
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
        if (tokenizer.vocabularySize() > config.vocabularySize()) {
            throw MODEL_UNUSABLE.because(
                    "vocab_size: %d (expected: at least %d, the tokenizer's)",
                    config.vocabularySize(), tokenizer.vocabularySize());
        }
    }

    /** Of a model that was not trained here the files need not tell. */
    private static Optional<Integer> endOfText(BpeTokenizer tokenizer) {
        try {
            return Optional.of(tokenizer.endOfText());
        } catch (TokenizerFormatException e) {
            return Optional.empty();
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
    public int[] encode(String prompt, SpecialTokens special) {
        int[] ids = tokenizer.encode(prompt, special);
        int[] whole = tokenizer.withTemplate(ids);
        if (special == SpecialTokens.ALLOW && ids.length > 0 && ids[0] == start) {
            // Whoever rendered the text has begun it already.
            return ids;
        }
        // What was trained here on documents alone has never seen the token of its tokenizer's template.
        if (whole.length > ids.length && whole[0] == start) {
            return whole;
        }
        return ids.length == 0 && start != NONE ? new int[] {start} : ids;
    }

    @Override
    public Set<Integer> stopIds() {
        return stopIds;
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
