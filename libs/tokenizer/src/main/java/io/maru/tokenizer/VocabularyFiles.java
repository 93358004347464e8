package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** The files that byte-level vocabularies came in before tokenizer.json: GPT-2's pair of files, and tiktoken's rank file. */
final class VocabularyFiles {
    private static final String MERGES = "merges.txt";
    private static final String RANKS = "tiktoken rank file";
    private static final Pattern RANK_LINE = Pattern.compile("[A-Za-z0-9+/]+={0,2} [0-9]+\\r?(\\n|$)");
    private static final int MAX_TOKEN_LENGTH = 1 << 10; // bytes

    private VocabularyFiles() {}

    /**
     * GPT-2's vocab.json (OpenAI: encoder.json), tokens to ids, and merges.txt (vocab.bpe), a line a merge after an optional
     * {@code #version} line. {@code <|endoftext|>} in it is a special token.
     */
    static Vocabulary readPair(byte[] vocabJson, byte[] mergesTxt) {
        Map<String, JsonNode> vocab = new LinkedHashMap<>();
        Json.read(vocabJson, (token, id) -> vocab.put(token, id.tree()));
        // What is left to check is the same as in a tokenizer.json, so it becomes one.
        ObjectNode root = Json.newObject();
        root.put("version", "1.0");
        ArrayNode added = root.putArray("added_tokens");
        if (vocab.containsKey(Vocabulary.END_OF_TEXT)) {
            added.addObject()
                    .put("content", Vocabulary.END_OF_TEXT)
                    .put("special", true)
                    .put("normalized", false)
                    .set("id", vocab.get(Vocabulary.END_OF_TEXT));
        }
        Pipeline.ofBytes(WordPattern.GPT2).write(root);
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE");
        model.putObject("vocab");
        ArrayNode merges = model.putArray("merges");
        String[] lines = utf8(mergesTxt, MERGES).split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].endsWith("\r") ? lines[i].substring(0, lines[i].length() - 1) : lines[i];
            if ((i == 0 && line.startsWith("#version")) || line.isEmpty()) {
                continue;
            }
            int space = line.indexOf(' ');
            if (space <= 0 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0) {
                throw new TokenizerFormatException(MERGES, "line " + (i + 1), line, "two tokens and a space between");
            }
            merges.addArray().add(line.substring(0, space)).add(line.substring(space + 1));
        }
        return TokenizerJson.read(new TokenizerJson.Parts(root, vocab, each -> {
            for (int i = 0; i < merges.size(); i++) {
                each.accept(merges.get(i), i);
            }
        }));
    }

    /** Whether it starts with a line as rank files have them: base64, a space, a number. */
    static boolean isRankFile(byte[] file) {
        String start = new String(file, 0, Math.min(file.length, MAX_TOKEN_LENGTH), ISO_8859_1);
        return RANK_LINE.matcher(start).lookingAt();
    }

    static int countRanks(byte[] file) {
        return rankedTokens(utf8(file, RANKS)).size();
    }

    /**
     * tiktoken's rank file: lines of a token's bytes in base64 and its rank, which is its id. The pair of neighbours that
     * makes the token of the lowest rank is merged first. Ids between the ranks and the special tokens become special
     * tokens that no text is known to hold.
     */
    static Vocabulary readRanks(byte[] file, WordPattern pattern, Map<String, Integer> specialTokens) {
        List<byte[]> tokens = rankedTokens(utf8(file, RANKS));
        int[] idOfByte = new int[1 << Byte.SIZE];
        Arrays.fill(idOfByte, Vocabulary.NONE);
        for (int id = 0; id < tokens.size(); id++) {
            if (tokens.get(id).length == 1) {
                idOfByte[tokens.get(id)[0] & 0xFF] = id;
            }
        }
        for (int b = 0; b < idOfByte.length; b++) {
            if (idOfByte[b] == Vocabulary.NONE) {
                throw new TokenizerFormatException(
                        RANKS, "the tokens", String.format(Locale.ROOT, "no byte 0x%02X", b), "a token for every byte");
            }
        }
        RankedMerges merges = RankedMerges.of(
                tokens, IntStream.range(0, tokens.size()).toArray(), null, new Alphabet.Bytes(idOfByte));
        List<String> written = new ArrayList<>();
        tokens.forEach(token -> written.add(ByteAlphabet.write(token)));
        List<AddedToken> added = new ArrayList<>();
        specialTokens(specialTokens, tokens.size()).forEach((id, content) -> {
            written.add(content);
            added.add(AddedToken.special(id, content));
        });
        return Vocabulary.ofBytes(written, tokens.size(), merges, added, true, Pipeline.ofBytes(pattern));
    }

    private static TreeMap<Integer, String> specialTokens(Map<String, Integer> given, int first) {
        TreeMap<Integer, String> byId = new TreeMap<>();
        given.forEach((content, id) -> {
            if (content.isEmpty() || content.length() > AddedTokens.MAX_LENGTH / Utf8.MAX_BYTES_PER_CHAR) {
                throw new IllegalArgumentException("special token: \"" + content + "\" (expected: a short text)");
            }
            if (id < first || id >= Vocabulary.MAX_TOKENS || byId.put(id, content) != null) {
                throw new IllegalArgumentException("special token " + content + ": id " + id
                        + " (expected: an id of its own from " + first + " to " + (Vocabulary.MAX_TOKENS - 1) + ")");
            }
        });
        for (int id = first; !byId.isEmpty() && id < byId.lastKey(); id++) {
            byId.putIfAbsent(id, "<|unused_" + id + "|>");
        }
        return byId;
    }

    private static List<byte[]> rankedTokens(String file) {
        Map<ByteBuffer, Integer> rankOf = new HashMap<>();
        List<byte[]> tokens = new ArrayList<>();
        int number = 0;
        for (int start = 0, end; start < file.length(); start = end + 1) {
            end = file.indexOf('\n', start);
            end = end < 0 ? file.length() : end;
            String line = file.substring(start, end).strip();
            String place = "line " + ++number;
            if (line.isEmpty()) {
                continue;
            }
            if (tokens.size() == Vocabulary.MAX_TOKENS) {
                throw new TokenizerFormatException(RANKS, place, line, "at most " + Vocabulary.MAX_TOKENS + " tokens");
            }
            int space = line.indexOf(' ');
            byte[] token = space < 0 ? new byte[0] : base64(line.substring(0, space), place);
            if (token.length == 0 || token.length > MAX_TOKEN_LENGTH) {
                throw new TokenizerFormatException(
                        RANKS, place, line, "a token of 1 to " + MAX_TOKEN_LENGTH + " bytes in base64, and its rank");
            }
            if (!line.substring(space + 1).equals(String.valueOf(tokens.size()))) {
                throw new TokenizerFormatException(RANKS, place, line, "rank " + tokens.size());
            }
            if (rankOf.putIfAbsent(ByteBuffer.wrap(token), tokens.size()) != null) {
                throw new TokenizerFormatException(RANKS, place, line + " again", "each token once");
            }
            tokens.add(token);
        }
        return tokens;
    }

    private static byte[] base64(String text, String place) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new TokenizerFormatException(RANKS, place, text, "base64");
        }
    }

    private static String utf8(byte[] file, String name) {
        if (file.length > Json.MAX_BYTES) {
            throw new TokenizerFormatException(
                    name, "size", "more than " + Json.MAX_BYTES + " bytes", "at most " + Json.MAX_BYTES);
        }
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(file)).toString();
        } catch (CharacterCodingException e) {
            int at = Utf8.firstInvalid(file, 0, file.length);
            throw new TokenizerFormatException(
                    name, "byte " + at, String.format(Locale.ROOT, "0x%02X", file[at] & 0xFF), "UTF-8");
        }
    }
}
