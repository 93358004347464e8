package io.maru.bench;

import io.maru.tokenizer.BpeTrainer;
import io.maru.tokenizer.TieRule;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;

/** Trains a tokenizer on a large generated text, and says how long that took, in what heap, and the file's digest. */
public final class TokenizerMemory {
    private static final int DOCUMENT = 1 << 16; // chars
    private static final int WORDS = 3_000_000;

    private TokenizerMemory() {}

    /** @param args megabytes of text, the vocabulary's size, mebibytes for counts, mebibytes for learning */
    public static void main(String[] args) throws Exception {
        if (args.length != 4) {
            throw new IllegalArgumentException(
                    "arguments: " + args.length + " (expected: megabytes vocabulary mebibytes mebibytes)");
        }
        long size = Long.parseLong(args[0]) * 1_000_000;
        int threads = Runtime.getRuntime().availableProcessors();
        Path folder = Files.createTempDirectory("maru-runs");
        BpeTrainer.Resources resources =
                new BpeTrainer.Resources(threads, Long.parseLong(args[2]) << 20, Long.parseLong(args[3]) << 20, folder);
        long start = System.nanoTime();
        try (BpeTrainer trainer = new BpeTrainer(Integer.parseInt(args[1]), TieRule.SMALLEST_IDS, resources)) {
            Random random = new Random(1);
            for (long done = 0; done < size; ) {
                String document = document(random);
                trainer.add(document);
                done += document.length();
            }
            double counted = (System.nanoTime() - start) / 1e9;
            byte[] json = trainer.train().toJson();
            System.out.printf(
                    "%s MB, vocabulary %s, %s MiB for counts, %s for learning, %d threads: %.1f s, of them %.1f s generating and"
                            + " counting%n",
                    args[0], args[1], args[2], args[3], threads, (System.nanoTime() - start) / 1e9, counted);
            long peak = ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(pool -> pool.getType() == MemoryType.HEAP)
                    .map(MemoryPoolMXBean::getPeakUsage)
                    .mapToLong(usage -> usage.getUsed())
                    .sum();
            System.out.printf(
                    "  peak heap at most %d MiB of %d, sha256 %s, load average %.2f%n",
                    peak >> 20,
                    Runtime.getRuntime().maxMemory() >> 20,
                    HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(json)),
                    Times.loadAverage());
        }
        Files.delete(folder);
    }

    /** Words of made-up syllables; the frequent ones are frequent as in a language, and there are millions of rare ones. */
    private static String document(Random random) {
        StringBuilder text = new StringBuilder(DOCUMENT + 32);
        while (text.length() < DOCUMENT) {
            // The n-th word's frequency is proportional to 1/n, as Zipf's law has it.
            int word = (int) Math.exp(random.nextDouble() * Math.log(WORDS));
            for (long rest = word * 2_654_435_761L & 0xFFFF_FFFFL, letters = 0; rest > 0 && letters < 8; letters += 2) {
                text.append("bcdfghklmnprstvz".charAt((int) (rest & 15)));
                text.append("aeiouaei".charAt((int) (rest >>> 4 & 7)));
                rest >>>= 7;
            }
            text.append(random.nextInt(12) == 0 ? ".\n" : " ");
        }
        return text.toString();
    }
}
