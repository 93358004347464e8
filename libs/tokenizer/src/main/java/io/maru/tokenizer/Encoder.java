package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * The work space in which one thread encodes one text after another. Everything is done on UTF-8, and nothing is allocated
 * for a word that was seen lately.
 */
final class Encoder implements Splitter.Words {
    /** The maximum of bytes of a text: the JVM has no array of {@link Integer#MAX_VALUE}, and there is padding. */
    private static final int MAX_BYTES = Integer.MAX_VALUE - 64;

    /** A work space that one text has made larger than this is given back after it. */
    private static final int MAX_KEPT = 1 << 22;

    private final EncodingRules rules;
    private final PairMerger merger;
    private final WordCache cache = new WordCache();
    private final AddedTokens.Pieces beforeNormalizing = new Pieces(false);
    private final AddedTokens.Pieces afterNormalizing = new Pieces(true);

    private byte[] text = new byte[1 << 8];
    private byte[] normalized = new byte[1 << 8];
    private byte[] prepared = new byte[1 << 8];
    /** The one of these that holds the piece at hand. */
    private byte[] stage = text;
    /** Bytes that {@link #write} has written. */
    private int written;

    private int[] ids = new int[1 << 8];
    private int size;
    private SpecialTokens special;
    /** Where in the text the piece at hand starts. */
    private int pieceStart;
    /** Whether what the text starts with is still there, once the first piece is normalised. */
    private boolean keepsStart;

    /** Where tokens come from; null if nobody asks. */
    private Origins origins;

    Encoder(EncodingRules rules) {
        this.rules = rules;
        merger = new PairMerger(rules.merges());
    }

    /** Encodes and returns how many of {@link #ids} are the result. */
    int encode(String source, SpecialTokens specialTokens) {
        text = write(source, text);
        return encode(written, specialTokens);
    }

    /**
     * Encodes and returns how many of {@link #ids} are the result.
     *
     * @throws Utf8Exception if {@code utf8} is none
     */
    int encode(byte[] utf8, SpecialTokens specialTokens) {
        int invalid = Utf8.firstInvalid(utf8, 0, utf8.length);
        if (invalid < utf8.length) {
            throw new Utf8Exception(invalid, utf8[invalid]);
        }
        text = reserve(text, utf8.length);
        System.arraycopy(utf8, 0, text, 0, utf8.length);
        return encode(utf8.length, specialTokens);
    }

    Encoding encodeWithOffsets(String source, SpecialTokens specialTokens) {
        text = write(source, text);
        origins = new Origins(source, text);
        try {
            encode(written, specialTokens);
            return origins.encoding(ids());
        } finally {
            origins = null;
        }
    }

    /** A copy of the last result. */
    int[] ids() {
        return Arrays.copyOf(ids, size);
    }

    /** The last result and, behind it, whatever was there. */
    int[] idBuffer() {
        return ids;
    }

    /** Gives back what only a large text needs. */
    void shrink() {
        if (text.length > MAX_KEPT
                || normalized.length > MAX_KEPT
                || prepared.length > MAX_KEPT
                || ids.length > MAX_KEPT) {
            text = new byte[1 << 8];
            normalized = new byte[1 << 8];
            prepared = new byte[1 << 8];
            stage = text;
            ids = new int[1 << 8];
        }
        merger.shrink(MAX_KEPT);
    }

    private int encode(int length, SpecialTokens specialTokens) {
        size = 0;
        special = specialTokens;
        if (rules.inText().findNothing(special)) {
            beforeNormalizing.text(0, length);
        } else {
            rules.inText().find(text, 0, length, special, beforeNormalizing);
        }
        return size;
    }

    /** What is left when the added tokens of one of the two kinds have been found. */
    private final class Pieces implements AddedTokens.Pieces {
        private final boolean areLast;

        Pieces(boolean areLast) {
            this.areLast = areLast;
        }

        @Override
        public void text(int start, int end) {
            if (areLast) {
                lastPiece(start, end);
            } else {
                firstPiece(start, end);
            }
        }

        @Override
        public void token(AddedToken token, int start, int end) {
            byte[] bytes = areLast ? stage : text;
            if (token.control() && special == SpecialTokens.REFUSE) {
                int before = bytes == text ? start : pieceStart;
                throw new SpecialTokenException(token.content(), new String(text, 0, before, UTF_8).length());
            }
            reserveIds(1);
            ids[size++] = token.id();
            if (origins != null) {
                origins.token(bytes, start, end);
            }
        }
    }

    private void firstPiece(int start, int end) {
        pieceStart = start;
        int from = start;
        int to = end;
        stage = text;
        keepsStart = start == 0;
        if (!rules.normalizer().keeps(text, start, end)) {
            keepsStart = start == 0
                    && (!rules.preparation().asksForStart()
                            || rules.normalizer().keepsStart(text, end));
            normalized = normalize(rules.normalizer(), text, start, end, start == 0, normalized);
            stage = normalized;
            from = 0;
            to = written;
        }
        if (rules.inNormalized().findNothing(special)) {
            lastPiece(from, to);
        } else {
            rules.inNormalized().find(stage, from, to, special, afterNormalizing);
        }
    }

    private void lastPiece(int start, int end) {
        if (rules.preparation().keeps(stage, start, end)) {
            rules.splitter().split(stage, start, end, this);
        } else {
            boolean atStart = keepsStart && start == 0;
            prepared = normalize(rules.preparation(), stage, start, end, atStart, prepared);
            rules.splitter().split(prepared, 0, written, this);
        }
    }

    /** Normalises a piece and returns the buffer that the result is in; {@link #written} bytes of it. */
    private byte[] normalize(
            Normalizer.Sequence normalizer, byte[] from, int start, int end, boolean atStart, byte[] to) {
        String piece = new String(from, start, end - start, UTF_8);
        if (origins == null) {
            return write(normalizer.apply(piece, atStart), to);
        }
        Normalizer.Traced traced = normalizer.trace(piece, atStart);
        byte[] result = write(traced.text(), to);
        origins.normalized(from, start, piece, result, traced);
        return result;
    }

    @Override
    public void rewritten(byte[] from, int start, int end, byte[] to, int[] places) {
        if (origins != null) {
            origins.rewritten(from, to, places);
        }
    }

    @Override
    public void word(byte[] bytes, int start, int end) {
        reserveIds(end - start);
        int count = cache.find(bytes, start, end, ids, size);
        if (count < 0) {
            count = merge(bytes, start, end);
            cache.add(bytes, start, end, ids, size, count);
        }
        size += count;
        if (origins != null) {
            origins.word(bytes, start, end, ids, size - count, size, rules);
        }
    }

    private int merge(byte[] bytes, int start, int end) {
        if (rules.wholeWords() != null) {
            int id = rules.wholeWords().find(bytes, start, end);
            if (id != TokenIndex.NONE) {
                ids[size] = id;
                return 1;
            }
        }
        int[] symbols = merger.symbols(end - start);
        int count = merger.merge(rules.alphabet().symbols(bytes, start, end, symbols));
        count = rules.alphabet().tokens(symbols, count);
        System.arraycopy(symbols, 0, ids, size, count);
        return count;
    }

    /** Makes room for so many more, and for those that the cache writes beyond its result. */
    private void reserveIds(int more) {
        int needed = size + more + WordCache.MAX_INLINE;
        if (needed > ids.length || needed < 0) {
            ids = Arrays.copyOf(ids, (int)
                    Math.min(MAX_BYTES, Math.max((long) size + more + WordCache.MAX_INLINE, 2L * ids.length)));
        }
    }

    private byte[] write(String source, byte[] old) {
        long maxBytes = (long) source.length() * Utf8.MAX_BYTES_PER_CHAR;
        byte[] target = reserve(old, maxBytes > MAX_KEPT ? Utf8.size(source) : maxBytes);
        written = Utf8.write(source, 0, source.length(), target, 0);
        return target;
    }

    private static byte[] reserve(byte[] old, long bytes) {
        if (bytes > MAX_BYTES - WordCache.PADDING) {
            throw new IllegalArgumentException("text: " + bytes + " bytes (expected: at most "
                    + (MAX_BYTES - WordCache.PADDING) + "; give it in parts)");
        }
        return old.length >= bytes + WordCache.PADDING ? old : new byte[(int) bytes + WordCache.PADDING];
    }
}
