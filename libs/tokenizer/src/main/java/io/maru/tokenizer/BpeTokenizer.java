package io.maru.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.SoftReference;
import java.nio.BufferOverflowException;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Byte pair encoding, over bytes as GPT-2, GPT-4 and Llama 3 do it, or over characters as Llama 2 and Phi-3 do.
 *
 * <p>With bytes, {@code decode(encode(text))} is {@code text} for all text that UTF-8 can write. A surrogate without its
 * partner is the one thing that it cannot: it comes back as U+FFFD.
 *
 * <p>Immutable, and safe for any number of threads.
 *
 * <p>Sources: Sennrich, Haddow, Birch 2016, "Neural Machine Translation of Rare Words with Subword Units"; Radford et al.
 * 2019, "Language Models are Unsupervised Multitask Learners", section 2.2.
 */
public final class BpeTokenizer {
    private final Vocabulary vocabulary;
    private final EncodingRules rules;
    private final Decoder decoder;
    /** {@link Vocabulary#NONE} if there is none. */
    private final int endOfText;

    /**
     * Work spaces that no thread uses now, the last used on top: it knows the words. There are as many as threads have
     * encoded at once, and each is worth keeping only while memory has room for it.
     */
    private final Deque<SoftReference<Encoder>> idle = new ConcurrentLinkedDeque<>();

    BpeTokenizer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        Pipeline pipeline = vocabulary.pipeline();
        List<String> tokens = vocabulary.tokens();
        byte[][] written = new byte[tokens.size()][];
        boolean[] singleBytes = pipeline.singleBytes() ? new boolean[tokens.size()] : null;
        int[] lengths = new int[tokens.size()];
        int[] idOfByte = new int[1 << Byte.SIZE];
        Arrays.fill(idOfByte, Vocabulary.NONE);
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            if (token == null) {
                written[id] = new byte[0];
                continue;
            }
            if (pipeline.ofBytes()) {
                written[id] = bytesOfByteLevel(token);
                lengths[id] = written[id].length;
                if (id < vocabulary.modelTokens() && ByteAlphabet.isByte(token)) {
                    idOfByte[written[id][0] & 0xFF] = id;
                }
                continue;
            }
            int single = singleByte(token);
            written[id] = single >= 0 && pipeline.singleBytes()
                    ? new byte[] {(byte) single}
                    : pipeline.decoded(token).getBytes(UTF_8);
            lengths[id] = single >= 0 && vocabulary.bytes() ? 1 : token.getBytes(UTF_8).length;
            if (single >= 0) {
                idOfByte[single] = id;
                if (singleBytes != null) {
                    singleBytes[id] = true;
                }
            }
        }
        if (vocabulary.unknown() != Vocabulary.NONE && !pipeline.ofBytes()) {
            lengths[vocabulary.unknown()] = 0;
        }
        rules = rules(lengths, written, idOfByte);
        for (AddedToken added : vocabulary.addedTokens()) {
            if (added.special()) {
                written[added.id()] = new byte[0];
            }
        }
        if (pipeline.ofBytes() && pipeline.decoderSpaces()) {
            // Without a decoder a token is shown as the file writes it.
            for (int id = 0; id < written.length; id++) {
                written[id] = tokens.get(id) == null || written[id].length == 0
                        ? written[id]
                        : tokens.get(id).getBytes(UTF_8);
            }
        }
        decoder = new Decoder(written, singleBytes, pipeline.decoderStart(), pipeline.decoderSpaces());
        endOfText = Vocabulary.ENDS_OF_TEXT.stream()
                .flatMap(end -> vocabulary.addedTokens().stream()
                        .filter(added -> added.content().equals(end)))
                .map(AddedToken::id)
                .findFirst()
                .orElse(Vocabulary.NONE);
    }

    private EncodingRules rules(int[] lengths, byte[][] written, int[] idOfByte) {
        Pipeline pipeline = vocabulary.pipeline();
        List<AddedToken> inText = vocabulary.addedTokens().stream()
                .filter(token -> !token.normalized())
                .toList();
        List<AddedToken> inNormalized =
                vocabulary.addedTokens().stream().filter(AddedToken::normalized).toList();
        TokenIndex wholeWords = null;
        if (vocabulary.wholeWords()) {
            byte[][] words = new byte[vocabulary.modelTokens()][];
            for (int id = 0; id < words.length; id++) {
                String token = vocabulary.tokens().get(id);
                words[id] = token == null || token.isEmpty()
                        ? null
                        : pipeline.ofBytes() ? written[id] : token.getBytes(UTF_8);
            }
            wholeWords = new TokenIndex(words);
        }
        return new EncodingRules(
                new AddedTokens(inText, UnaryOperator.identity()),
                pipeline.normalizer(),
                new AddedTokens(inNormalized, pipeline.writtenAdded()),
                pipeline.preparation(),
                pipeline.splits() || !isCutAtMarks() ? pipeline.splitter() : new MarkSplitter(false),
                pipeline.ofBytes()
                        ? new Alphabet.Bytes(idOfByte)
                        : new Alphabet.Characters(
                                vocabulary.tokens().subList(0, vocabulary.modelTokens()),
                                vocabulary.bytes() ? idOfByte : null,
                                vocabulary.unknown(),
                                vocabulary.fusesUnknown(),
                                vocabulary.characters()),
                new MergeTable(vocabulary.merges(), vocabulary.ranks()),
                wholeWords,
                lengths);
    }

    /**
     * Whether a text without a pre-tokeniser may still be cut into words: no merge joins a mark to what stands before it,
     * so what is merged on its two sides is independent. Words are short and many are alike, a text is neither.
     */
    private boolean isCutAtMarks() {
        List<String> tokens = vocabulary.tokens();
        return !vocabulary.pipeline().ofBytes()
                && !vocabulary.wholeWords()
                && tokens.subList(0, vocabulary.modelTokens()).contains(Normalizer.MARK)
                && vocabulary.merges().stream()
                        .map(merge -> tokens.get(merge.merged()))
                        .noneMatch(token -> token.replaceAll("^" + Normalizer.MARK + "+", "")
                                .contains(Normalizer.MARK));
    }

    /** What Hugging Face's byte-level decoder makes of a token: its characters' bytes, or else the text as it stands. */
    private static byte[] bytesOfByteLevel(String token) {
        byte[] written = ByteAlphabet.toBytes(token);
        return written != null ? written : token.getBytes(UTF_8);
    }

    private static int singleByte(String token) {
        boolean isOne = token.length() == 6
                && token.startsWith("<0x")
                && token.endsWith(">")
                && Character.digit(token.charAt(3), 16) >= 0
                && Character.digit(token.charAt(4), 16) >= 0
                && token.charAt(3) < 0x80
                && token.charAt(4) < 0x80;
        return isOne ? Integer.parseInt(token, 3, 5, 16) : Vocabulary.NONE;
    }

    /**
     * Reads a tokenizer from a file: a Hugging Face tokenizer.json, a SentencePiece {@code .model}, one of tiktoken's rank
     * files {@code r50k_base}, {@code cl100k_base} and {@code o200k_base.tiktoken}, Llama 3's, which is called
     * tokenizer.model, or a folder with tokenizer.json or vocab.json and merges.txt.
     *
     * @throws TokenizerFormatException as {@link #fromJson} does
     */
    public static BpeTokenizer read(Path file) throws IOException {
        return read(file, null);
    }

    /**
     * The same, where a rank file may have any name.
     *
     * @param pattern how it cuts words; null where its name tells. Other forms say it themselves and are refused with one
     */
    public static BpeTokenizer read(Path file, WordPattern pattern) throws IOException {
        if (Files.isDirectory(file)) {
            Path json = file.resolve("tokenizer.json");
            if (Files.exists(json)) {
                return read(json, pattern);
            }
            requireNoPattern(pattern, "vocab.json and merges.txt");
            return fromVocabularyAndMerges(bytes(file.resolve("vocab.json")), bytes(file.resolve("merges.txt")));
        }
        String name = file.getFileName().toString();
        byte[] bytes = bytes(file);
        if (name.endsWith(".tiktoken") || VocabularyFiles.isRankFile(bytes)) {
            return pattern == null ? KnownRanks.read(name, bytes) : fromRanks(bytes, pattern, Map.of());
        }
        requireNoPattern(pattern, name);
        return name.endsWith(".model") ? fromSentencePiece(bytes) : fromJson(bytes);
    }

    private static void requireNoPattern(WordPattern pattern, String file) {
        if (pattern != null) {
            throw new TokenizerFormatException(
                    file, "pattern", pattern.name().toLowerCase(Locale.ROOT), "none, but for a tiktoken rank file");
        }
    }

    private static byte[] bytes(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(Json.MAX_BYTES + 1);
        }
    }

    /**
     * Reads a Hugging Face tokenizer.json.
     *
     * @throws TokenizerFormatException if it is broken, too large, or asks for anything that this library would not do
     *     exactly: another model, normaliser, pre-tokeniser, post-processor or decoder is refused by name
     */
    public static BpeTokenizer fromJson(byte[] tokenizerJson) {
        return new BpeTokenizer(TokenizerJson.read(tokenizerJson));
    }

    /**
     * Reads GPT-2's pair of files, vocab.json (or encoder.json) and merges.txt (or vocab.bpe).
     *
     * @throws TokenizerFormatException if they are broken or do not belong together
     */
    public static BpeTokenizer fromVocabularyAndMerges(byte[] vocabJson, byte[] mergesTxt) {
        return new BpeTokenizer(VocabularyFiles.readPair(vocabJson, mergesTxt));
    }

    /**
     * Reads a rank file of tiktoken.
     *
     * @param specialTokens ids by text; such a file does not hold them
     * @throws TokenizerFormatException if it is broken
     */
    public static BpeTokenizer fromRanks(byte[] rankFile, WordPattern pattern, Map<String, Integer> specialTokens) {
        return new BpeTokenizer(VocabularyFiles.readRanks(rankFile, pattern, specialTokens));
    }

    /**
     * Reads a model of SentencePiece.
     *
     * @throws TokenizerFormatException if it is broken or no byte pair encoding
     */
    public static BpeTokenizer fromSentencePiece(byte[] model) {
        return new BpeTokenizer(SentencePieceFile.read(model));
    }

    /**
     * A tokenizer.json that Hugging Face loads; the same bytes for the same content.
     *
     * @throws TokenizerFormatException if that format has no words for what this tokenizer does, as for a SentencePiece model
     *     that drops spaces, or has pieces of equal scores
     */
    public byte[] toJson() {
        return TokenizerJson.write(vocabulary);
    }

    /** The tokenizer_config.json to put beside {@link #toJson}, so that transformers knows the start and the end of a text. */
    public byte[] configJson() {
        List<String> tokens = vocabulary.tokens();
        String endOfText = tokens.get(endOfText());
        String startOfText = Vocabulary.STARTS_OF_TEXT.stream()
                .filter(start -> vocabulary.addedTokens().stream()
                        .anyMatch(added -> added.content().equals(start)))
                .findFirst()
                .orElse(endOfText);
        String unknown = vocabulary.unknown() == Vocabulary.NONE ? endOfText : tokens.get(vocabulary.unknown());
        return TokenizerJson.writeConfig(startOfText, endOfText, unknown);
    }

    /** The number of ids; they are 0 to one less. */
    public int vocabularySize() {
        return decoder.size();
    }

    /**
     * The id of the token that stands between documents: {@code <|endoftext|>}, or what else the model calls it.
     *
     * @throws TokenizerFormatException if there is none
     */
    public int endOfText() {
        if (endOfText == Vocabulary.NONE) {
            throw new TokenizerFormatException(
                    "added_tokens",
                    vocabulary.addedTokens().size() + " tokens",
                    "one of " + Vocabulary.ENDS_OF_TEXT + " among them");
        }
        return endOfText;
    }

    /** The ids of {@code text}, where what is spelt like a control token is ordinary text. */
    public int[] encode(String text) {
        return encode(text, SpecialTokens.TEXT);
    }

    /**
     * The ids of {@code text}, without those that the file's template puts around it.
     *
     * @throws SpecialTokenException if there is what is spelt like a control token and {@code special} is REFUSE
     * @throws IllegalArgumentException if the text has 2 GiB in UTF-8
     */
    public int[] encode(String text, SpecialTokens special) {
        return withEncoder(encoder -> {
            encoder.encode(text, special);
            return encoder.ids();
        });
    }

    /**
     * The ids of a text in UTF-8.
     *
     * @throws Utf8Exception if it is none
     * @throws SpecialTokenException as for a string
     */
    public int[] encode(byte[] utf8, SpecialTokens special) {
        return withEncoder(encoder -> {
            encoder.encode(utf8, special);
            return encoder.ids();
        });
    }

    /**
     * Puts the ids of {@code text} into {@code ids} and returns their number.
     *
     * @throws BufferOverflowException if there is no room for all of them; then none is put
     * @throws SpecialTokenException as {@link #encode(String, SpecialTokens)} does
     */
    public int encode(String text, SpecialTokens special, IntBuffer ids) {
        return withEncoder(encoder -> {
            int count = encoder.encode(text, special);
            if (count > ids.remaining()) {
                throw new BufferOverflowException();
            }
            ids.put(encoder.idBuffer(), 0, count);
            return count;
        });
    }

    /**
     * The ids of {@code text} and where in it each of them comes from.
     *
     * @throws SpecialTokenException as {@link #encode(String, SpecialTokens)} does
     */
    public Encoding encodeWithOffsets(String text, SpecialTokens special) {
        return withEncoder(encoder -> encoder.encodeWithOffsets(text, special));
    }

    /**
     * The ids of each of {@code texts}, in their order, on all cores.
     *
     * @throws SpecialTokenException as {@link #encode(String, SpecialTokens)} does
     */
    public List<int[]> encodeAll(List<String> texts, SpecialTokens special) {
        String[] all = texts.toArray(String[]::new);
        int[][] ids = new int[all.length][];
        // Each thread takes the next text when it is done with one: texts are not of one length.
        AtomicInteger next = new AtomicInteger();
        IntStream.range(0, Math.min(all.length, Runtime.getRuntime().availableProcessors()))
                .parallel()
                .forEach(thread -> withEncoder(encoder -> {
                    for (int i = next.getAndIncrement(); i < all.length; i = next.getAndIncrement()) {
                        encoder.encode(all[i], special);
                        ids[i] = encoder.ids();
                    }
                    return thread;
                }));
        return Arrays.asList(ids);
    }

    /** {@code ids} with the tokens that the file's template puts around a text, such as the one for its beginning. */
    public int[] withTemplate(int[] ids) {
        Pipeline pipeline = vocabulary.pipeline();
        return IntStream.concat(
                        pipeline.templateBefore().stream().mapToInt(Integer::intValue),
                        IntStream.concat(
                                Arrays.stream(ids),
                                pipeline.templateAfter().stream().mapToInt(Integer::intValue)))
                .toArray();
    }

    private <T> T withEncoder(Function<Encoder, T> use) {
        Encoder encoder = idleEncoder();
        try {
            return use.apply(encoder);
        } finally {
            encoder.shrink();
            idle.push(new SoftReference<>(encoder));
        }
    }

    private Encoder idleEncoder() {
        for (SoftReference<Encoder> next = idle.poll(); next != null; next = idle.poll()) {
            Encoder encoder = next.get();
            if (encoder != null) {
                return encoder;
            }
        }
        return new Encoder(rules);
    }

    /**
     * The text of {@code ids}, special tokens left out; U+FFFD for bytes that are no UTF-8.
     *
     * @throws IllegalArgumentException if the vocabulary has no such id
     */
    public String decode(int... ids) {
        return decoder.decode(ids);
    }

    /**
     * The bytes of one token, not always whole characters; none for a special token.
     *
     * @throws IllegalArgumentException if the vocabulary has no such id
     */
    public byte[] bytes(int id) {
        return decoder.bytes(id).clone();
    }

    /** Decodes tokens as they arrive. */
    public Utf8Stream newStream() {
        return new Utf8Stream(decoder);
    }
}
