package io.maru.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The tokenizer inside a GGUF file: what its keys {@code tokenizer.ggml.*} say.
 *
 * @param model {@code gpt2} for byte-level merges, {@code llama} for SentencePiece's scores
 * @param pre how {@code gpt2} cuts words: gpt-2, smollm, llama-bpe or qwen2; empty for {@code llama}
 * @param tokens by id
 * @param scores by id; empty for {@code gpt2}
 * @param types by id: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte
 * @param merges two tokens and a space between, the first to be merged first; empty for {@code llama}
 * @param bos the id of the token before a text; {@link #NONE} if there is none, as for the other three
 * @param addBos whether a text gets that token
 * @param addSpacePrefix whether a text gets a space before it
 */
public record GgufVocabulary(
        String model,
        String pre,
        List<String> tokens,
        List<Float> scores,
        List<Integer> types,
        List<String> merges,
        int bos,
        int eos,
        int unk,
        int pad,
        boolean addBos,
        boolean addSpacePrefix) {
    public static final int NONE = Vocabulary.NONE;

    private static final String FILE = "tokenizer in GGUF";
    private static final String BYTES = "gpt2";
    private static final String SENTENCE_PIECE = "llama";
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNUSED = 5;
    private static final int BYTE = 6;

    /** @throws TokenizerFormatException if the lists do not belong together, or an id is that of no token */
    public GgufVocabulary {
        tokens = List.copyOf(tokens);
        scores = List.copyOf(scores);
        types = List.copyOf(types);
        merges = List.copyOf(merges);
        int size = tokens.size();
        if (size == 0 || size > Vocabulary.MAX_TOKENS) {
            throw refusal("tokens", size + " tokens", "1 to " + Vocabulary.MAX_TOKENS);
        }
        if (types.size() != size) {
            throw refusal("token_type", types.size() + " types", size + ", one for each token");
        }
        if (model.equals(SENTENCE_PIECE) && scores.size() != size) {
            throw refusal("scores", scores.size() + " scores", size + ", one for each token");
        }
        requireId("bos_token_id", bos, size);
        requireId("eos_token_id", eos, size);
        requireId("unknown_token_id", unk, size);
        requireId("padding_token_id", pad, size);
        if (addBos && bos == NONE) {
            throw refusal("add_bos_token", "true without bos_token_id", "an id for it");
        }
    }

    /**
     * What a GGUF file says for a tokenizer.json.
     *
     * @param size ids of the model; those that the tokenizer lacks become unused tokens
     * @throws TokenizerFormatException if the format has no words for what the file does
     */
    public static GgufVocabulary of(byte[] tokenizerJson, int size, int bos, int eos, int unk, int pad) {
        Vocabulary vocabulary = TokenizerJson.read(tokenizerJson);
        if (size < vocabulary.tokens().size() || size > Vocabulary.MAX_TOKENS) {
            throw refusal("tokens", vocabulary.tokens().size() + " tokens", "at most the model's " + size);
        }
        Pipeline pipeline = vocabulary.pipeline();
        boolean addBos = pipeline.templateBefore().equals(List.of(bos));
        if (!addBos && !pipeline.templateBefore().isEmpty()
                || !pipeline.templateAfter().isEmpty()) {
            throw refusal("add_bos_token", "a template of other tokens", "none, or the one before a text");
        }
        List<String> tokens = new ArrayList<>(vocabulary.tokens());
        List<Integer> types = new ArrayList<>(Collections.nCopies(size, NORMAL));
        while (tokens.size() < size) {
            tokens.add(null);
        }
        for (int id = 0; id < size; id++) {
            if (tokens.get(id) == null) {
                tokens.set(id, "[PAD" + id + "]");
                types.set(id, UNUSED);
            } else if (vocabulary.bytes() && tokens.get(id).matches("<0x[0-9A-F]{2}>")) {
                types.set(id, BYTE);
            }
        }
        for (AddedToken added : vocabulary.addedTokens()) {
            types.set(added.id(), added.control() ? CONTROL : USER_DEFINED);
        }
        if (pipeline.ofBytes()) {
            List<String> merges = new ArrayList<>();
            for (Merge merge : vocabulary.merges()) {
                merges.add(tokens.get(merge.left()) + " " + tokens.get(merge.right()));
            }
            String pre = pre(pipeline, vocabulary.wholeWords());
            return new GgufVocabulary(BYTES, pre, tokens, List.of(), types, merges, bos, eos, unk, pad, addBos, false);
        }
        if (vocabulary.unknown() != NONE) {
            types.set(vocabulary.unknown(), UNKNOWN);
        }
        List<Float> scores = scores(vocabulary, size);
        boolean addSpacePrefix = addsSpace(pipeline);
        return new GgufVocabulary(
                SENTENCE_PIECE, "", tokens, scores, types, List.of(), bos, eos, unk, pad, addBos, addSpacePrefix);
    }

    /** A token's score is the rank of the merges that make it, which must stand side by side, below zero. */
    private static List<Float> scores(Vocabulary vocabulary, int size) {
        List<Float> scores = new ArrayList<>(Collections.nCopies(size, 0f));
        List<Merge> merges = vocabulary.merges();
        for (int rank = 0; rank < merges.size(); rank++) {
            int merged = merges.get(rank).merged();
            if (rank > 0 && merges.get(rank - 1).merged() == merged) {
                continue;
            }
            if (scores.get(merged) != 0) {
                throw refusal(
                        "scores", "two ranks for " + vocabulary.tokens().get(merged), "merges that come from scores");
            }
            scores.set(merged, -1f - rank);
        }
        return scores;
    }

    private static String pre(Pipeline pipeline, boolean wholeWords) {
        for (String pre : List.of("gpt-2", "llama-bpe", "qwen2")) {
            if (wholeWords == pre.equals("llama-bpe") && words(pipeline).equals(words(pipeline(pre)))) {
                return pre;
            }
        }
        // What BpeTrainer makes. llama.cpp composes no text before it cuts words, for gpt-2 as for qwen2: ids are the
        // same for text
        // that is in normal form C, and that is nearly all there is.
        if (!wholeWords && words(pipeline).equals(words(Pipeline.ofComposedBytes(WordPattern.GPT2)))) {
            return "gpt-2";
        }
        ObjectNode smolLm = words(pipeline("smollm"));
        ObjectNode sequence = Json.newObject();
        sequence.put("type", "Sequence");
        sequence.putArray("pretokenizers")
                .add(Json.newObject().put("type", "Digits").put("individual_digits", true))
                .add(smolLm.get("pre_tokenizer"));
        smolLm.set("pre_tokenizer", sequence);
        if (!wholeWords && words(pipeline).equals(smolLm)) {
            return "smollm";
        }
        throw refusal("pre", words(pipeline).toString(), "the words of gpt-2, smollm, llama-bpe or qwen2");
    }

    private static boolean addsSpace(Pipeline pipeline) {
        for (boolean adds : new boolean[] {true, false}) {
            Normalizer.SentencePiece normalizer = new Normalizer.SentencePiece(
                    adds, false, null, new AddedTokens(List.of(), UnaryOperator.identity()));
            if (words(pipeline).equals(words(Pipeline.ofSentencePiece(normalizer, false)))) {
                return adds;
            }
        }
        throw refusal("add_space_prefix", words(pipeline).toString(), "Llama's normalizer, and no pre_tokenizer");
    }

    /** What decides about words, without what decides about offsets alone or says what holds anyway. */
    private static ObjectNode words(Pipeline pipeline) {
        ObjectNode all = Json.newObject();
        pipeline.write(all);
        ObjectNode words = Json.newObject();
        words.set("normalizer", all.get("normalizer"));
        words.set("pre_tokenizer", all.get("pre_tokenizer").deepCopy());
        for (JsonNode step : words.findParents("add_prefix_space")) {
            ((ObjectNode) step).remove("trim_offsets");
            if (step.path("use_regex").asBoolean(true)) {
                ((ObjectNode) step).remove("use_regex");
            }
        }
        return words;
    }

    /**
     * The tokenizer.json that gives the same ids.
     *
     * @throws TokenizerFormatException if the model or its {@code pre} is none that this library knows, or tokenizer.json has
     *     no words for what it does
     */
    public byte[] toJson() {
        byte[] json = TokenizerJson.write(
                switch (model) {
                    case BYTES -> ofBytes();
                    case SENTENCE_PIECE -> SentencePieceFile.of(this);
                    default -> throw refusal("model", model, BYTES + " or " + SENTENCE_PIECE);
                });
        return addBos ? withBos(json) : json;
    }

    /**
     * The tokenizer_config.json beside it.
     *
     * @param chatTemplate null if there is none
     */
    public byte[] configJson(String chatTemplate) {
        ObjectNode root = Json.newObject();
        root.put("tokenizer_class", "PreTrainedTokenizerFast");
        putToken(root, "bos_token", bos);
        putToken(root, "eos_token", eos);
        putToken(root, "unk_token", unk);
        putToken(root, "pad_token", pad);
        root.put("add_bos_token", addBos);
        root.put("clean_up_tokenization_spaces", false);
        if (chatTemplate != null) {
            root.put("chat_template", chatTemplate);
        }
        return Json.bytes(root);
    }

    private Vocabulary ofBytes() {
        if (addSpacePrefix) {
            throw refusal("add_space_prefix", "true", "false for the model " + BYTES);
        }
        ObjectNode root = Json.newObject();
        root.put("version", "1.0");
        pipeline(pre).write(root);
        ArrayNode added = root.putArray("added_tokens");
        Map<String, JsonNode> vocab = new LinkedHashMap<>();
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            if (vocab.put(token, IntNode.valueOf(id)) != null) {
                throw refusal("tokens[" + id + "]", "\"" + token + "\" again", "each token once");
            }
            int type = types.get(id);
            if (type == CONTROL || type == USER_DEFINED) {
                added.addObject()
                        .put("id", id)
                        .put("content", token)
                        .put("normalized", false)
                        .put("special", type == CONTROL);
            }
        }
        ObjectNode into = root.putObject("model");
        into.put("type", "BPE");
        into.put("ignore_merges", pre.equals("llama-bpe"));
        into.putObject("vocab");
        into.putArray("merges");
        return TokenizerJson.read(new TokenizerJson.Parts(root, vocab, each -> {
            for (int i = 0; i < merges.size(); i++) {
                each.accept(TextNode.valueOf(merges.get(i)), i);
            }
        }));
    }

    private static Pipeline pipeline(String pre) {
        return switch (pre) {
            // As transformers reads smollm. SmolLM's own file and llama.cpp first cut out each digit, which makes a
            // difference
            // only for digits outside ASCII: no merge takes one of ASCII.
            case "gpt-2", "smollm" -> Pipeline.ofBytes(WordPattern.GPT2);
            case "llama-bpe" -> Pipeline.ofBytes(WordPattern.LLAMA3);
            // Qwen's own files bring a text to normal form C first.
            case "qwen2" -> Pipeline.ofComposedBytes(WordPattern.QWEN2);
            default -> throw refusal("pre", pre, "gpt-2, smollm, llama-bpe or qwen2");
        };
    }

    private byte[] withBos(byte[] json) {
        ObjectNode root = (ObjectNode) Json.read(json, "tokenizer.json");
        String token = tokens.get(bos);
        ObjectNode template = Json.newObject();
        template.put("type", "TemplateProcessing");
        for (String form : List.of("single", "pair")) {
            ArrayNode parts = template.putArray(form);
            for (String sequence : form.equals("single") ? List.of("A") : List.of("A", "B")) {
                int typeId = sequence.equals("A") ? 0 : 1;
                parts.addObject().putObject("SpecialToken").put("id", token).put("type_id", typeId);
                parts.addObject().putObject("Sequence").put("id", sequence).put("type_id", typeId);
            }
        }
        ObjectNode special = template.putObject("special_tokens").putObject(token);
        special.put("id", token);
        special.putArray("ids").add(bos);
        special.putArray("tokens").add(token);
        if (root.path("post_processor").isObject()) {
            ObjectNode sequence = Json.newObject();
            sequence.put("type", "Sequence");
            sequence.putArray("processors").add(root.get("post_processor")).add(template);
            root.set("post_processor", sequence);
        } else {
            root.set("post_processor", template);
        }
        return Json.bytes(root);
    }

    private void putToken(ObjectNode root, String key, int id) {
        root.put(key, id == NONE ? null : tokens.get(id));
    }

    private static void requireId(String key, int id, int size) {
        if (id != NONE && (id < 0 || id >= size)) {
            throw refusal(key, String.valueOf(id), "an id below " + size);
        }
    }

    private static TokenizerFormatException refusal(String key, String found, String expected) {
        return new TokenizerFormatException(FILE, "tokenizer.ggml." + key, found, expected);
    }
}
