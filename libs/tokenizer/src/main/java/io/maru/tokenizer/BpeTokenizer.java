package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Byte-level byte pair encoding with GPT-2's pre-tokeniser: every text has token ids, and no text is unknown.
 *
 * <p>{@code decode(encode(text))} is {@code text} for all text that UTF-8 can write. A surrogate without its partner is
 * the one thing that it cannot: it comes back as U+FFFD.
 *
 * <p>Immutable, and safe for any number of threads.
 *
 * <p>Sources: Sennrich, Haddow, Birch 2016, "Neural Machine Translation of Rare Words with Subword Units"; Radford et al.
 * 2019, "Language Models are Unsupervised Multitask Learners", section 2.2.
 */
public final class BpeTokenizer {
    private static final int CACHED_WORDS = 1 << 15;
    private static final int LONGEST_CACHED_WORD = 32; // bytes

    private final Vocabulary vocabulary;
    private final MergeTable merges;
    private final int[] tokenOfByte;
    private final byte[][] bytes;
    private final int endOfText;

    /**
     * Words seen lately, at the place that their hash gives; a newcomer takes the place of whoever is there. Races between
     * threads are harmless: a word is immutable and is compared before it is used.
     */
    private final Word[] cache = new Word[CACHED_WORDS];

    private record Word(byte[] bytes, int[] tokens) {}

    BpeTokenizer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        merges = new MergeTable(vocabulary.merges());
        tokenOfByte = new int[1 << Byte.SIZE];
        bytes = new byte[vocabulary.tokens().size()][];
        for (int id = 0; id < vocabulary.modelTokens(); id++) {
            String token = vocabulary.tokens().get(id);
            bytes[id] = tokenBytes(token);
            if (ByteAlphabet.isByte(token)) {
                tokenOfByte[bytes[id][0] & 0xFF] = id;
            }
        }
        int end = -1;
        for (AddedToken added : vocabulary.addedTokens()) {
            bytes[added.id()] = added.special() ? new byte[0] : tokenBytes(added.content());
            if (added.content().equals(Vocabulary.END_OF_TEXT)) {
                end = added.id();
            }
        }
        endOfText = end;
    }

    /** What Hugging Face's byte-level decoder makes of a token: its characters' bytes, or else the text as it stands. */
    private static byte[] tokenBytes(String token) {
        byte[] written = ByteAlphabet.toBytes(token);
        return written != null ? written : token.getBytes(UTF_8);
    }

    /**
     * Reads a Hugging Face tokenizer.json.
     *
     * @throws TokenizerFormatException as {@link #fromJson} does
     */
    public static BpeTokenizer read(Path tokenizerJson) throws IOException {
        try (InputStream in = Files.newInputStream(tokenizerJson)) {
            return fromJson(in.readNBytes(TokenizerJson.MAX_BYTES + 1));
        }
    }

    /**
     * Reads a Hugging Face tokenizer.json.
     *
     * @throws TokenizerFormatException if it is broken, too large, or anything but byte-level BPE as GPT-2 has it:
     *     another model, normaliser, pre-tokeniser, post-processor or decoder is refused, never approximated
     */
    public static BpeTokenizer fromJson(byte[] tokenizerJson) {
        return new BpeTokenizer(TokenizerJson.read(tokenizerJson));
    }

    /** A tokenizer.json that Hugging Face loads; the same bytes for the same content. */
    public byte[] toJson() {
        return TokenizerJson.write(vocabulary);
    }

    /** The tokenizer_config.json to put beside {@link #toJson}, so that transformers knows the end of a text. */
    public byte[] configJson() {
        return TokenizerJson.writeConfig();
    }

    /** The number of ids; they are 0 to one less. */
    public int vocabularySize() {
        return bytes.length;
    }

    /** The id of {@code <|endoftext|>}, which stands between documents. */
    public int endOfText() {
        return endOfText;
    }

    /** The ids of {@code text}. No text gives an added token's id: what is spelt like one is ordinary text. */
    public int[] encode(String text) {
        Encoding encoding = new Encoding(text.length());
        int end;
        for (int start = 0; start < text.length(); start = end) {
            end = Gpt2Splitter.end(text, start);
            encoding.append(text, start, end);
        }
        return encoding.ids();
    }

    /**
     * The text of {@code ids}, special tokens left out; U+FFFD for bytes that are no UTF-8.
     *
     * @throws IllegalArgumentException if the vocabulary has no such id
     */
    public String decode(int... ids) {
        int length = 0;
        for (int id : ids) {
            length = Math.addExact(length, bytesOf(id).length);
        }
        byte[] text = new byte[length];
        int end = 0;
        for (int id : ids) {
            byte[] token = bytesOf(id);
            System.arraycopy(token, 0, text, end, token.length);
            end += token.length;
        }
        return new String(text, UTF_8);
    }

    /**
     * The bytes of one token, not always whole characters; none for a special token.
     *
     * @throws IllegalArgumentException if the vocabulary has no such id
     */
    public byte[] bytes(int id) {
        return bytesOf(id).clone();
    }

    /** Decodes tokens as they arrive. */
    public Utf8Stream newStream() {
        return new Utf8Stream(this);
    }

    private byte[] bytesOf(int id) {
        if (id < 0 || id >= bytes.length) {
            throw new IllegalArgumentException("id: " + id + " (expected: 0 to " + (bytes.length - 1) + ")");
        }
        return bytes[id];
    }

    /** The work space of one call. */
    private final class Encoding {
        private final PairMerger merger = new PairMerger(merges, tokenOfByte);
        private byte[] word = new byte[LONGEST_CACHED_WORD];
        private int[] ids;
        private int size;

        Encoding(int chars) {
            ids = new int[chars / 3 + 1]; // English has some four letters a token
        }

        void append(String text, int start, int end) {
            int mostBytes = Math.multiplyExact(end - start, Utf8.MAX_BYTES_PER_CHAR);
            if (word.length < mostBytes) {
                word = new byte[mostBytes];
            }
            int length = Utf8.write(text, start, end, word);
            if (length > LONGEST_CACHED_WORD) {
                int count = merger.merge(word, length);
                add(merger.tokens(), count);
                return;
            }
            int place = hash(length) & (CACHED_WORDS - 1);
            Word cached = cache[place];
            if (cached == null || !Arrays.equals(cached.bytes, 0, cached.bytes.length, word, 0, length)) {
                int count = merger.merge(word, length);
                cached = new Word(Arrays.copyOf(word, length), Arrays.copyOf(merger.tokens(), count));
                cache[place] = cached;
            }
            add(cached.tokens, cached.tokens.length);
        }

        private int hash(int length) {
            int hash = length;
            for (int i = 0; i < length; i++) {
                hash = hash * 31 + word[i];
            }
            return hash ^ (hash >>> 15);
        }

        private void add(int[] tokens, int count) {
            if (size + count > ids.length) {
                ids = Arrays.copyOf(ids, Math.max(size + count, ids.length + (ids.length >> 1)));
            }
            System.arraycopy(tokens, 0, ids, size, count);
            size += count;
        }

        int[] ids() {
            return Arrays.copyOf(ids, size);
        }
    }
}
