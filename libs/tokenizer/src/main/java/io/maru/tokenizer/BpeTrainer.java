package io.maru.tokenizer;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Learns a {@link BpeTokenizer} from documents: again and again the most frequent pair of neighbours becomes a token.
 *
 * <p>Ids: 0 is {@code <|endoftext|>}, then the 256 bytes in the order of their characters in a vocabulary file, then one
 * token per merge. With {@link TieRule#SMALLEST_IDS} this is what Hugging Face's trainer gives for the same documents, the
 * whole byte alphabet and no least frequency.
 *
 * <p>Documents are kept as counts of their words, so memory grows with the number of different words. Not for several
 * threads.
 */
public final class BpeTrainer {
    /** {@code <|endoftext|>} and the bytes. */
    private static final int SMALLEST_VOCABULARY = 1 + (1 << Byte.SIZE);

    private final int vocabularySize;
    private final TieRule tieRule;
    private final Map<String, Count> words = new HashMap<>();

    private static final class Count {
        long value;
    }

    /**
     * @param vocabularySize how many tokens to learn, all included; text with fewer different pairs gives fewer
     * @throws IllegalArgumentException if {@code vocabularySize} has no room for the bytes or is beyond all use
     */
    public BpeTrainer(int vocabularySize, TieRule tieRule) {
        if (vocabularySize < SMALLEST_VOCABULARY || vocabularySize > Vocabulary.MAX_TOKENS) {
            throw new IllegalArgumentException("vocabularySize: " + vocabularySize + " (expected: "
                    + SMALLEST_VOCABULARY + " to " + Vocabulary.MAX_TOKENS + ")");
        }
        this.vocabularySize = vocabularySize;
        this.tieRule = requireNonNull(tieRule, "tieRule");
    }

    /** Counts the words of one document. */
    public void add(String text) {
        int end;
        for (int start = 0; start < text.length(); start = end) {
            end = Gpt2Splitter.end(text, start);
            words.computeIfAbsent(text.substring(start, end), word -> new Count()).value++;
        }
    }

    /**
     * Learns from all documents so far; more may be added after.
     *
     * @throws ArithmeticException if the different words together have more bytes than an array can
     */
    public BpeTokenizer train() {
        List<byte[]> tokens = new ArrayList<>(vocabularySize);
        tokens.add(new byte[0]);
        int[] tokenOfByte = new int[1 << Byte.SIZE];
        for (byte b : ByteAlphabet.bytes()) {
            tokenOfByte[b & 0xFF] = tokens.size();
            tokens.add(new byte[] {b});
        }
        MergeLearner learner = new MergeLearner(tokens, tieRule);
        words.forEach((word, count) -> {
            byte[] bytes = new byte[Math.multiplyExact(word.length(), Utf8.MAX_BYTES_PER_CHAR)];
            int[] symbols = new int[Utf8.write(word, 0, word.length(), bytes)];
            Arrays.setAll(symbols, i -> tokenOfByte[bytes[i] & 0xFF]);
            learner.add(symbols, count.value);
        });
        List<Merge> merges = learner.learn(vocabularySize);

        List<String> written = new ArrayList<>(tokens.size());
        written.add(Vocabulary.END_OF_TEXT);
        tokens.subList(1, tokens.size()).forEach(token -> written.add(ByteAlphabet.write(token)));
        AddedToken endOfText = new AddedToken(0, Vocabulary.END_OF_TEXT, true, false);
        return new BpeTokenizer(new Vocabulary(written, written.size(), merges, List.of(endOfText)));
    }
}
