package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/*
 * A SentencePiece model is a protobuf message (sentencepiece_model.proto):
 *
 *     ModelProto      1 pieces, 2 trainer_spec, 3 normalizer_spec, 5 denormalizer_spec
 *     SentencePiece   1 piece, 2 score, 3 type
 *     TrainerSpec     3 model_type, 24 treat_whitespace_as_suffix, 35 byte_fallback
 *     NormalizerSpec  2 precompiled_charsmap, 3 add_dummy_prefix, 4 remove_extra_whitespaces, 5 escape_whitespaces
 *
 * Of all neighbours that make a piece, those that make the piece of the highest score are merged, the leftmost of equals.
 * A piece that users defined is found whole before that. A character that is no piece may be part of one: if nothing
 * merges it, it is unknown.
 */

/** SentencePiece's .model file, for byte pair encoding without a character map. */
final class SentencePieceFile {
    private static final String FILE = "SentencePiece model";
    private static final int BPE = 2;

    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int BYTE = 6;

    private record Piece(String text, float score, int type) {}

    private final List<Piece> pieces = new ArrayList<>();
    private int modelType = 1;
    private boolean byteFallback;
    /** Null where each character stands for itself. */
    private CharacterMap map;

    private boolean addPrefix = true;
    private boolean trims = true;

    private SentencePieceFile() {}

    static Vocabulary read(byte[] file) {
        if (file.length > Json.MAX_BYTES) {
            throw refusal("size", "more than " + Json.MAX_BYTES + " bytes", "at most " + Json.MAX_BYTES);
        }
        SentencePieceFile model = new SentencePieceFile();
        model.readModel(new Message(file, 0, file.length));
        return model.vocabulary();
    }

    /** What llama.cpp makes of the same pieces: it neither maps characters nor drops spaces. */
    static Vocabulary of(GgufVocabulary gguf) {
        SentencePieceFile model = new SentencePieceFile();
        model.modelType = BPE;
        model.trims = false;
        model.addPrefix = gguf.addSpacePrefix();
        for (int id = 0; id < gguf.tokens().size(); id++) {
            int type = gguf.types().get(id);
            model.byteFallback |= type == BYTE;
            model.pieces.add(piece(gguf.tokens().get(id), gguf.scores().get(id), type, "pieces[" + id + "]"));
        }
        return model.vocabulary();
    }

    private void readModel(Message message) {
        while (message.next()) {
            switch (message.field) {
                case 1 -> {
                    if (pieces.size() == Vocabulary.MAX_TOKENS) {
                        throw refusal("pieces", "more", "at most " + Vocabulary.MAX_TOKENS);
                    }
                    pieces.add(readPiece(message.message()));
                }
                case 2 -> readTrainer(message.message());
                case 3 -> readNormalizer(message.message());
                default -> {}
            }
        }
    }

    private Piece readPiece(Message message) {
        String place = "pieces[" + pieces.size() + "]";
        String text = "";
        float score = 0;
        int type = NORMAL;
        while (message.next()) {
            switch (message.field) {
                case 1 -> text = message.text();
                case 2 -> score = message.number();
                case 3 -> type = message.integer();
                default -> {}
            }
        }
        return piece(text, score, type, place);
    }

    private static Piece piece(String text, float score, int type, String place) {
        if (text.isEmpty() || text.length() > AddedTokens.MAX_LENGTH) {
            throw refusal(place + ".piece", "\"" + text + "\"", "1 to " + AddedTokens.MAX_LENGTH + " characters");
        }
        if (type != NORMAL && type != UNKNOWN && type != CONTROL && type != USER_DEFINED && type != BYTE) {
            throw refusal(place + ".type", String.valueOf(type), "normal, unknown, control, user-defined or byte");
        }
        if (Float.isNaN(score)) {
            throw refusal(place + ".score", String.valueOf(score), "a number");
        }
        return new Piece(text, score, type);
    }

    private void readTrainer(Message message) {
        while (message.next()) {
            switch (message.field) {
                case 3 -> modelType = message.integer();
                case 24 -> requireFlag("trainer_spec.treat_whitespace_as_suffix", message.integer() != 0, false);
                case 35 -> byteFallback = message.integer() != 0;
                default -> {}
            }
        }
    }

    private void readNormalizer(Message message) {
        while (message.next()) {
            switch (message.field) {
                case 2 -> {
                    byte[] compiled = message.bytes();
                    map = compiled.length == 0
                            ? null
                            : new CharacterMap(compiled, FILE, "normalizer_spec.precompiled_charsmap");
                }
                case 3 -> addPrefix = message.integer() != 0;
                case 4 -> trims = message.integer() != 0;
                case 5 -> requireFlag("normalizer_spec.escape_whitespaces", message.integer() != 0, true);
                default -> {}
            }
        }
    }

    private static void requireFlag(String place, boolean found, boolean expected) {
        if (found != expected) {
            throw refusal(place, String.valueOf(found), String.valueOf(expected));
        }
    }

    private Vocabulary vocabulary() {
        if (modelType != BPE) {
            throw refusal("trainer_spec.model_type", String.valueOf(modelType), BPE + ", byte pair encoding");
        }
        List<String> tokens = pieces.stream().map(Piece::text).toList();
        Set<String> seen = new HashSet<>();
        int unknown = Vocabulary.NONE;
        List<AddedToken> control = new ArrayList<>();
        List<AddedToken> defined = new ArrayList<>();
        int[] idOfByte = new int[1 << Byte.SIZE];
        Arrays.fill(idOfByte, Vocabulary.NONE);
        for (int id = 0; id < pieces.size(); id++) {
            Piece piece = pieces.get(id);
            if (!seen.add(piece.text())) {
                throw refusal("pieces[" + id + "]", "\"" + piece.text() + "\" again", "each piece once");
            }
            if (piece.type() == BYTE) {
                idOfByte[byteOf(piece.text(), id)] = id;
            } else if (piece.type() == USER_DEFINED) {
                defined.add(new AddedToken(id, piece.text(), false, true, false, false, false));
            } else if (piece.type() != NORMAL) {
                unknown = piece.type() == UNKNOWN ? id : unknown;
                control.add(AddedToken.special(id, piece.text()));
            }
        }
        boolean everyByte = Arrays.stream(idOfByte).noneMatch(id -> id == Vocabulary.NONE);
        if (byteFallback ? !everyByte : unknown == Vocabulary.NONE) {
            throw refusal("pieces", "no piece for some text", "all 256 bytes with byte_fallback, or an unknown piece");
        }
        control.addAll(defined);
        int[] characters = charactersOfPieces();
        RankedMerges merges = merges(tokens, characters);
        return new Vocabulary(
                tokens,
                tokens.size(),
                merges.merges(),
                merges.ranks(),
                characters,
                control,
                unknown,
                true,
                byteFallback,
                false,
                Pipeline.ofSentencePiece(
                        new Normalizer.SentencePiece(
                                addPrefix, trims, map, new AddedTokens(defined, UnaryOperator.identity())),
                        !defined.isEmpty()));
    }

    /** The characters of which pieces are made and that are no pieces themselves. */
    private int[] charactersOfPieces() {
        BitSet own = new BitSet();
        BitSet parts = new BitSet();
        for (Piece piece : pieces) {
            if (piece.type() == NORMAL) {
                boolean single = piece.text().codePointCount(0, piece.text().length()) == 1;
                piece.text().codePoints().forEach(single ? own::set : parts::set);
            }
        }
        parts.andNot(own);
        return parts.stream().toArray();
    }

    private static int byteOf(String piece, int id) {
        if (!piece.matches("<0x[0-9A-F]{2}>")) {
            throw refusal("pieces[" + id + "]", "\"" + piece + "\"", "<0x00> to <0xFF>");
        }
        return Integer.parseInt(piece, 3, 5, 16);
    }

    private RankedMerges merges(List<String> tokens, int[] characters) {
        List<byte[]> bytes = tokens.stream().map(token -> token.getBytes(UTF_8)).toList();
        List<String> normal = new ArrayList<>(tokens);
        for (int id = 0; id < normal.size(); id++) {
            if (pieces.get(id).type() != NORMAL) {
                normal.set(id, null);
            }
        }
        int[] byRank = IntStream.range(0, tokens.size())
                .filter(id -> pieces.get(id).type() == NORMAL)
                .filter(id -> tokens.get(id).codePointCount(0, tokens.get(id).length()) > 1)
                .boxed()
                .sorted(Comparator.comparing((Integer id) -> pieces.get(id).score())
                        .reversed())
                .mapToInt(Integer::intValue)
                .toArray();
        int[] ranks = new int[byRank.length];
        for (int i = 1; i < byRank.length; i++) {
            boolean equal =
                    pieces.get(byRank[i]).score() == pieces.get(byRank[i - 1]).score();
            ranks[i] = ranks[i - 1] + (equal ? 0 : 1);
        }
        Alphabet alphabet = new Alphabet.Characters(normal, null, Vocabulary.NONE, false, characters);
        return RankedMerges.of(bytes, byRank, ranks, alphabet);
    }

    private static TokenizerFormatException refusal(String place, String found, String expected) {
        return new TokenizerFormatException(FILE, place, found, expected);
    }

    /** Reads protobuf's wire format, and nothing beyond its end. */
    private static final class Message {
        private static final int VARINT = 0;
        private static final int FIXED64 = 1;
        private static final int LENGTH = 2;
        private static final int FIXED32 = 5;

        private final byte[] bytes;
        private final int end;
        private int at;
        /** The field at hand: its number, wire type, and where its value starts and ends. */
        int field;

        private int type;
        private int valueStart;
        private long value;

        Message(byte[] bytes, int start, int end) {
            this.bytes = bytes;
            this.at = start;
            this.end = end;
        }

        boolean next() {
            if (at == end) {
                return false;
            }
            long key = varint();
            field = (int) (key >>> 3);
            type = (int) key & 7;
            valueStart = at;
            switch (type) {
                case VARINT -> value = varint();
                case FIXED64 -> skip(Long.BYTES);
                case LENGTH -> {
                    long length = varint();
                    valueStart = at;
                    skip(length);
                }
                case FIXED32 -> skip(Integer.BYTES);
                default -> throw refusal("byte " + at, "wire type " + type, "a protobuf message");
            }
            return true;
        }

        byte[] bytes() {
            require(LENGTH);
            return Arrays.copyOfRange(bytes, valueStart, at);
        }

        Message message() {
            require(LENGTH);
            return new Message(bytes, valueStart, at);
        }

        String text() {
            require(LENGTH);
            int invalid = Utf8.firstInvalid(bytes, valueStart, at);
            if (invalid < at) {
                throw refusal("byte " + invalid, String.format(Locale.ROOT, "0x%02X", bytes[invalid] & 0xFF), "UTF-8");
            }
            return new String(bytes, valueStart, at - valueStart, UTF_8);
        }

        int integer() {
            require(VARINT);
            return (int) value;
        }

        float number() {
            require(FIXED32);
            int bits = 0;
            for (int i = 0; i < Integer.BYTES; i++) {
                bits |= (bytes[valueStart + i] & 0xFF) << i * Byte.SIZE;
            }
            return Float.intBitsToFloat(bits);
        }

        private void require(int expected) {
            if (type != expected) {
                throw refusal("byte " + valueStart, "wire type " + type, String.valueOf(expected));
            }
        }

        private void skip(long length) {
            if (length < 0 || length > end - at) {
                throw refusal("byte " + at, "a length of " + Long.toUnsignedString(length), "at most " + (end - at));
            }
            at += (int) length;
        }

        private long varint() {
            long result = 0;
            for (int shift = 0; shift < Long.SIZE; shift += 7) {
                if (at == end) {
                    throw refusal("byte " + at, "the end", "the rest of a number");
                }
                byte b = bytes[at++];
                result |= (long) (b & 0x7F) << shift;
                if (b >= 0) {
                    return result;
                }
            }
            throw refusal("byte " + at, "a number of more than 64 bits", "a protobuf message");
        }
    }
}
