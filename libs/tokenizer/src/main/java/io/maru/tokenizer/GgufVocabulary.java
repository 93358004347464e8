package io.maru.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;

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
        pipeline().write(root);
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

    private Pipeline pipeline() {
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
