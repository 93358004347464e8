package io.maru.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.SpecialTokens;
import io.maru.tokenizer.WordPattern;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Times encoding with the GPT-2 vocabulary against jtokkit and against Hugging Face's library through DJL, which take
 * turns in one run, so that whatever else the machine does falls on all. All three must give the same ids.
 */
public final class TokenizerEncoding {
    private static final int ROUNDS = 15;
    private static final int WARM_UP = 5;
    /** Hugging Face's takes ten times as long as the others, so it takes turns in rounds of its own. */
    private static final int ROUNDS_OF_HUGGING_FACE = 5;

    private static final int BATCH = 8;
    private static final int DOCUMENT = 4096; // chars

    private final BpeTokenizer maru;
    private final Encoding jtokkit;
    private final HuggingFaceTokenizer huggingFace;

    private TokenizerEncoding() throws IOException {
        try (InputStream ranks = Encoding.class.getResourceAsStream("/com/knuddels/jtokkit/r50k_base.tiktoken")) {
            // Without special tokens: Hugging Face's would take their text for them.
            maru = BpeTokenizer.fromRanks(ranks.readAllBytes(), WordPattern.GPT2, Map.of());
        }
        jtokkit = Encodings.newLazyEncodingRegistry().getEncoding(EncodingType.R50K_BASE);
        huggingFace = HuggingFaceTokenizer.newInstance(
                new ByteArrayInputStream(maru.toJson()), Map.of("modelMaxLength", "1000000000"));
    }

    /** @param args files of text in UTF-8, such as one of English and one of Korean */
    public static void main(String[] args) throws Exception {
        if (args.length == 0) {
            throw new IllegalArgumentException("arguments: 0 (expected: files of text)");
        }
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        System.setProperty("RUST_FLAVOR", "cpu");
        TokenizerEncoding bench = new TokenizerEncoding();
        for (String file : args) {
            bench.compare(Path.of(file));
        }
    }

    private void compare(Path file) throws Exception {
        String text = Files.readString(file);
        List<String> documents = new ArrayList<>();
        for (int at = 0; at < text.length(); at += DOCUMENT) {
            documents.add(text.substring(at, Math.min(text.length(), at + DOCUMENT)));
        }
        IntBuffer ids = IntBuffer.allocate(text.length() * 3);
        List<String> batch = new ArrayList<>(); // long enough for threads to start and end unnoticed
        for (int i = 0; i < BATCH; i++) {
            batch.addAll(documents);
        }
        requireSame(documents);
        Times ours = new Times();
        Times parallel = new Times();
        Times jtokkits = new Times();
        Times huggingFaces = new Times();
        Times cold = new Times();
        Times again = new Times();
        for (int round = -WARM_UP; round < ROUNDS; round++) {
            boolean counts = round >= 0;
            (counts ? ours : new Times()).measure(() -> encode(documents, ids));
            (counts ? parallel : new Times()).measure(() -> maru.encodeAll(batch, SpecialTokens.TEXT));
            (counts ? jtokkits : new Times()).measure(() -> documents.forEach(jtokkit::encodeOrdinary));
        }
        for (int round = 0; round < ROUNDS_OF_HUGGING_FACE; round++) {
            huggingFaces.measure(() -> documents.forEach(document -> huggingFace.encode(document, false, false)));
            BpeTokenizer fresh = BpeTokenizer.fromJson(maru.toJson()); // has seen no word yet
            cold.measure(() -> documents.forEach(fresh::encode));
            again.measure(() -> encode(documents, ids));
        }
        double bytes = text.getBytes(UTF_8).length;
        System.out.printf("%s, %.1f MB, load average %.2f%n", file.getFileName(), bytes / 1e6, Times.loadAverage());
        ratio("jtokkit", jtokkits, ours);
        ratio("Hugging Face through DJL", huggingFaces, again);
        ratio(
                "one thread, by a batch on " + Runtime.getRuntime().availableProcessors() + " threads",
                ours,
                parallel.per(BATCH));
        speed("maru", bytes, ours);
        speed("maru, batch", bytes, parallel.per(BATCH));
        speed("maru, first text", bytes, cold);
        speed("jtokkit", bytes, jtokkits);
        speed("Hugging Face", bytes, huggingFaces);
    }

    private void encode(List<String> documents, IntBuffer ids) {
        ids.clear();
        for (String document : documents) {
            maru.encode(document, SpecialTokens.TEXT, ids);
        }
    }

    private void requireSame(List<String> documents) {
        for (String document : documents) {
            int[] expected = maru.encode(document);
            if (!Arrays.equals(expected, jtokkit.encodeOrdinary(document).toArray())
                    || !Arrays.equals(
                            Arrays.stream(expected).asLongStream().toArray(),
                            huggingFace.encode(document, false, false).getIds())) {
                throw new IllegalStateException("the sides give different ids for: " + document);
            }
        }
    }

    private static void ratio(String than, Times slower, Times faster) {
        System.out.printf(
                "  ratio %.2f by median, %.2f by best: times the speed of %s%n",
                slower.median() / faster.median(), slower.best() / faster.best(), than);
    }

    private static void speed(String name, double bytes, Times times) {
        System.out.printf(
                "  %-16s median %6.1f MB/s   best %6.1f MB/s%n",
                name, bytes / 1e6 / times.median(), bytes / 1e6 / times.best());
    }
}
