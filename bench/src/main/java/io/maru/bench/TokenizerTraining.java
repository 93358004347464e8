package io.maru.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.maru.tokenizer.BpeTokenizer;
import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Times training a tokenizer against Hugging Face's trainer, the two taking turns in one run, from a file on disk to a
 * tokenizer.json on disk. The two files must be equal, byte for byte.
 *
 * <p>The environment variable {@code MARU_PYTHON} names a Python that has tokenizers; {@code python3} otherwise.
 */
public final class TokenizerTraining {
    private static final int ROUNDS = 3;

    private TokenizerTraining() {}

    /** @param args path of train_bpe.py, a file of text in UTF-8, the vocabulary's size */
    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            throw new IllegalArgumentException(
                    "arguments: " + args.length + " (expected: train_bpe.py text vocabulary)");
        }
        Path text = Path.of(args[1]);
        int vocabulary = Integer.parseInt(args[2]);
        int threads = Runtime.getRuntime().availableProcessors();
        Path ours = Files.createTempFile("maru-", ".json");
        Path theirs = Files.createTempFile("peer-", ".json");
        Times mine = new Times();
        Times peers = new Times();
        for (int round = 0; round < ROUNDS; round++) {
            mine.measure(() -> train(text, vocabulary, ours));
            peers.add(trainPeer(args[0], text, vocabulary, threads, theirs));
        }
        if (!Arrays.equals(Files.readAllBytes(ours), Files.readAllBytes(theirs))) {
            throw new IllegalStateException("the files differ: " + ours + ", " + theirs);
        }
        System.out.printf(
                "ratio %.2f by median, %.2f by best: of Hugging Face's time%n",
                mine.median() / peers.median(), mine.best() / peers.best());
        System.out.printf("  maru         median %6.2f s   best %6.2f s%n", mine.median(), mine.best());
        System.out.printf("  Hugging Face median %6.2f s   best %6.2f s%n", peers.median(), peers.best());
        System.out.printf(
                "  %.1f MB, vocabulary %d, %d threads, the same bytes, load average %.2f%n",
                Files.size(text) / 1e6, vocabulary, threads, Times.loadAverage());
        Files.delete(ours);
        Files.delete(theirs);
    }

    private static void train(Path text, int vocabulary, Path to) throws IOException {
        try (BpeTrainer trainer = new BpeTrainer(vocabulary, TieRule.SMALLEST_IDS);
                BufferedReader lines = Files.newBufferedReader(text)) {
            StringBuilder line = new StringBuilder();
            char[] chars = new char[1 << 16];
            // As Hugging Face reads a file: a line with its end is a document.
            for (int count = lines.read(chars); count >= 0; count = lines.read(chars)) {
                int start = 0;
                for (int i = 0; i < count; i++) {
                    if (chars[i] == '\n') {
                        trainer.add(line.append(chars, start, i + 1 - start).toString());
                        line.setLength(0);
                        start = i + 1;
                    }
                }
                line.append(chars, start, count - start);
            }
            trainer.add(line.toString());
            BpeTokenizer tokenizer = trainer.train();
            Files.write(to, tokenizer.toJson());
        }
    }

    /** Seconds that the peer says; Python's start is not in them. */
    private static double trainPeer(String script, Path text, int vocabulary, int threads, Path to)
            throws IOException, InterruptedException {
        ProcessBuilder command = new ProcessBuilder(
                        System.getenv().getOrDefault("MARU_PYTHON", "python3"),
                        script,
                        text.toString(),
                        Integer.toString(vocabulary),
                        to.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        command.environment().put("RAYON_NUM_THREADS", Integer.toString(threads));
        Process process = command.start();
        String seconds = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException(
                    "the peer failed (expected: seconds; MARU_PYTHON names a Python that has tokenizers)");
        }
        return Double.parseDouble(seconds);
    }
}
