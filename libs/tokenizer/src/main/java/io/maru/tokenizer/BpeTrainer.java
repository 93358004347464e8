package io.maru.tokenizer;

import static java.util.Objects.requireNonNull;

import java.io.Closeable;
import java.nio.file.Path;
import java.text.Normalizer.Form;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinTask;

/**
 * Learns a {@link BpeTokenizer} from documents: again and again the most frequent pair of neighbours becomes a token.
 *
 * <p>Ids: 0 is {@code <|endoftext|>}, then the 256 bytes in the order of their characters in a vocabulary file, then one
 * token per merge. With {@link TieRule#SMALLEST_IDS} this is what Hugging Face's trainer gives for the same documents, the
 * whole byte alphabet, the normaliser NFC and no least frequency. The file says NFC itself, so that a prompt is brought to the
 * form that the text had, here and in any other program that reads it.
 *
 * <p>Documents are kept as counts of their words, in memory or, beyond a limit, on disk. The result depends on the
 * documents alone: not on their order, on threads, or on the limit. For one caller's thread; counting uses more by itself.
 */
public final class BpeTrainer implements Closeable {
    /** {@code <|endoftext|>} and the bytes. */
    private static final int MIN_VOCABULARY = 1 + (1 << Byte.SIZE);

    private static final int MAX_VOCABULARY = 1 << 18;
    /** What learned from composed text is used on composed text; ingestion composes it already. */
    private static final Normalizer COMPOSED = Normalizer.Unicode.of(Form.NFC);

    private static final int BATCH = 1 << 18; // chars

    /** Words between two looks whether to go on. */
    private static final int WORDS_BETWEEN_LOOKS = 1 << 16;

    /**
     * What training may use.
     *
     * @param threads that count words at once, the caller's own included
     * @param countingBytes memory that counts may take before they go to disk, before learning begins
     * @param learningBytes memory that learning merges may take: a dozen bytes and more for each byte of the different
     *     words. It cannot go to disk, so what needs more is refused
     * @param folder where counts go beyond that; it exists, and {@link BpeTrainer#close} leaves nothing in it
     */
    public record Resources(int threads, long countingBytes, long learningBytes, Path folder) {
        private static final long LEAST = 1 << 20;

        public Resources {
            if (threads < 1) {
                throw new IllegalArgumentException("threads: " + threads + " (expected: >= 1)");
            }
            if (countingBytes < LEAST) {
                throw new IllegalArgumentException("countingBytes: " + countingBytes + " (expected: >= " + LEAST + ")");
            }
            if (learningBytes < LEAST) {
                throw new IllegalArgumentException("learningBytes: " + learningBytes + " (expected: >= " + LEAST + ")");
            }
            requireNonNull(folder, "folder");
        }
    }

    /**
     * Is told how far learning is. Called several times a second or much more often, by the caller's thread.
     *
     * @param <E> what it throws where learning is to stop
     */
    @FunctionalInterface
    public interface Progress<E extends Exception> {
        /** @param tokens that the vocabulary has so far */
        void at(int tokens) throws E;
    }

    private final int vocabularySize;
    private final TieRule tieRule;
    private final WordPattern pattern;
    private final int threads;
    /** Null to keep everything in memory. */
    private final WordRuns runs;

    private final long maxBytesOfOne;
    private final long learningBytes;

    /** Counters that no thread uses now. */
    private final Queue<Counter> idle = new ConcurrentLinkedQueue<>();

    private final ArrayDeque<ForkJoinTask<?>> tasks = new ArrayDeque<>();
    private List<String> batch = new ArrayList<>();
    private int batchChars;

    /** The counts of one thread at a time. */
    private static final class Counter {
        final WordCounts counts = new WordCounts();
        byte[] text = new byte[0];

        /** Writes a text to {@link #text} and returns how many bytes it has. */
        int write(String document) {
            int maxBytes = Math.multiplyExact(document.length(), Utf8.MAX_BYTES_PER_CHAR);
            if (text.length < maxBytes) {
                text = new byte[maxBytes];
            }
            return Utf8.write(document, 0, document.length(), text, 0);
        }
    }

    /**
     * Uses all cores and as much memory as the words need.
     *
     * @param vocabularySize how many tokens to learn, all included; text with fewer different pairs gives fewer
     * @throws IllegalArgumentException if {@code vocabularySize} has no room for the bytes or is beyond all use
     */
    public BpeTrainer(int vocabularySize, TieRule tieRule) {
        this(vocabularySize, tieRule, WordPattern.GPT2, null);
    }

    /**
     * @param vocabularySize how many tokens to learn, all included; text with fewer different pairs gives fewer
     * @throws IllegalArgumentException if {@code vocabularySize} has no room for the bytes or is beyond all use
     */
    public BpeTrainer(int vocabularySize, TieRule tieRule, Resources resources) {
        this(vocabularySize, tieRule, WordPattern.GPT2, requireNonNull(resources, "resources"));
    }

    private BpeTrainer(int vocabularySize, TieRule tieRule, WordPattern pattern, Resources resources) {
        if (vocabularySize < MIN_VOCABULARY || vocabularySize > MAX_VOCABULARY) {
            throw new IllegalArgumentException("vocabularySize: " + vocabularySize + " (expected: " + MIN_VOCABULARY
                    + " to " + MAX_VOCABULARY + ")");
        }
        this.vocabularySize = vocabularySize;
        this.tieRule = requireNonNull(tieRule, "tieRule");
        this.pattern = pattern;
        threads = resources == null ? Runtime.getRuntime().availableProcessors() : resources.threads();
        runs = resources == null ? null : new WordRuns(resources.folder());
        // A table that grows has its old arrays and its new ones, twice as large, at the same time.
        maxBytesOfOne = resources == null ? Long.MAX_VALUE : resources.countingBytes() / threads / 3;
        learningBytes = resources == null ? Long.MAX_VALUE : resources.learningBytes();
        for (int i = 0; i < threads; i++) {
            idle.add(new Counter());
        }
    }

    /**
     * Counts the words of one document.
     *
     * @throws java.io.UncheckedIOException if counts cannot be written to disk
     */
    public void add(String text) {
        int end;
        for (int start = 0; start < text.length(); start = end) {
            end = cut(text, start);
            batch.add(text.substring(start, end));
            batchChars += end - start;
            if (batchChars >= BATCH) {
                countBatch();
            }
        }
    }

    /** Where a part of a long document may end: before a space after a visible character, which no pattern joins. */
    private static int cut(String text, int start) {
        for (int i = start + BATCH; i < text.length() && i > 0; i++) {
            char before = text.charAt(i - 1);
            if (text.charAt(i) == ' ' && before > ' ' && before < 0x7F) {
                return i;
            }
        }
        return text.length();
    }

    private void countBatch() {
        List<String> texts = batch;
        batch = new ArrayList<>();
        batchChars = 0;
        while (!tasks.isEmpty() && tasks.peek().isDone()) {
            tasks.remove().join();
        }
        if (tasks.size() < threads - 1) {
            tasks.add(ForkJoinPool.commonPool().submit(() -> count(texts)));
        } else {
            count(texts);
        }
    }

    private void count(List<String> texts) {
        Counter counter = idle.remove();
        try {
            for (String text : texts) {
                int length = counter.write(text);
                if (!COMPOSED.keeps(counter.text, 0, length)) {
                    Rewriting composed = new Rewriting(text.length(), false);
                    COMPOSED.rewrite(text, true, composed);
                    length = counter.write(composed.text());
                }
                pattern.split(counter.text, 0, length, (bytes, start, end) -> counter.counts.add(bytes, start, end, 1));
                if (counter.counts.memory() > maxBytesOfOne) {
                    runs.add(counter.counts);
                }
            }
        } finally {
            idle.add(counter);
        }
    }

    /**
     * Learns from all documents so far; more may be added after.
     *
     * @throws EmptyCorpusException if there was no text and more than the bytes are to be learnt
     * @throws LearningMemoryException if learning takes more memory than it may
     * @throws ArithmeticException if the different words together have more bytes than an array can
     * @throws java.io.UncheckedIOException if counts cannot be read from disk
     */
    public BpeTokenizer train() {
        return train(tokens -> {});
    }

    /** The same, telling how far it is. */
    public <E extends Exception> BpeTokenizer train(Progress<E> progress) throws E {
        countBatch();
        while (!tasks.isEmpty()) {
            tasks.remove().join();
        }
        List<byte[]> tokens = new ArrayList<>(vocabularySize);
        tokens.add(new byte[0]);
        int[] tokenOfByte = new int[1 << Byte.SIZE];
        for (byte b : ByteAlphabet.bytes()) {
            tokenOfByte[b & 0xFF] = tokens.size();
            tokens.add(new byte[] {b});
        }
        MergeLearner learner = learner(tokens, tokenOfByte, progress);
        if (learner.isEmpty() && vocabularySize > MIN_VOCABULARY) {
            throw new EmptyCorpusException(vocabularySize - MIN_VOCABULARY);
        }
        List<Merge> merges = learner.learn(vocabularySize, progress);

        List<String> written = new ArrayList<>(tokens.size());
        written.add(Vocabulary.END_OF_TEXT);
        tokens.subList(1, tokens.size()).forEach(token -> written.add(ByteAlphabet.write(token)));
        AddedToken endOfText = AddedToken.special(0, Vocabulary.END_OF_TEXT);
        return new BpeTokenizer(Vocabulary.ofBytes(
                written,
                written.size(),
                new RankedMerges(merges, null),
                List.of(endOfText),
                false,
                Pipeline.ofComposedBytes(pattern)));
    }

    /** Starts learning with all words. It goes over them twice, since it must know how much there is before there is room for it. */
    private <E extends Exception> MergeLearner learner(List<byte[]> tokens, int[] tokenOfByte, Progress<E> progress)
            throws E {
        Sizes sizes = new Sizes();
        forEachWord((bytes, start, end, count) -> {
            sizes.words++;
            sizes.bytes += end - start;
            if (sizes.words % WORDS_BETWEEN_LOOKS == 0) {
                progress.at(MIN_VOCABULARY);
            }
        });
        MergeLearner learner =
                new MergeLearner(tokens, tieRule, Math.toIntExact(sizes.words), sizes.bytes, learningBytes);
        sizes.words = 0;
        forEachWord((bytes, start, end, count) -> {
            learner.add(bytes, start, end, tokenOfByte, count);
            if (++sizes.words % WORDS_BETWEEN_LOOKS == 0) {
                progress.at(MIN_VOCABULARY);
            }
        });
        return learner;
    }

    private static final class Sizes {
        long words;
        long bytes;
    }

    private <E extends Exception> void forEachWord(WordCounts.Consumer<E> words) throws E {
        if (runs != null && !runs.isEmpty()) {
            idle.stream()
                    .map(counter -> counter.counts)
                    .filter(counts -> counts.size() > 0)
                    .forEach(runs::add);
            runs.forEach(words);
            return;
        }
        Counter all = idle.remove();
        for (Counter other : idle) {
            other.counts.forEach(all.counts::add);
            other.counts.clear();
        }
        idle.add(all);
        all.counts.forEach(words);
    }

    /** Deletes what is on disk. */
    @Override
    public void close() {
        while (!tasks.isEmpty()) {
            tasks.remove().quietlyJoin();
        }
        if (runs != null) {
            runs.close();
        }
    }
}
