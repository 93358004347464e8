package io.maru.tokenizer;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The rank files that OpenAI publishes: what they do not say themselves. Source: tiktoken's openai_public.py. */
enum KnownRanks {
    R50K_BASE(WordPattern.GPT2, Map.of("<|endoftext|>", 50256)),
    CL100K_BASE(
            WordPattern.CL100K,
            Map.of(
                    "<|endoftext|>", 100257,
                    "<|fim_prefix|>", 100258,
                    "<|fim_middle|>", 100259,
                    "<|fim_suffix|>", 100260,
                    "<|endofprompt|>", 100276)),
    O200K_BASE(WordPattern.O200K, Map.of("<|endoftext|>", 199999, "<|endofprompt|>", 200018));

    private static final int LLAMA3_SPECIAL_TOKENS = 256;

    private final WordPattern pattern;
    private final Map<String, Integer> specialTokens;

    KnownRanks(WordPattern pattern, Map<String, Integer> specialTokens) {
        this.pattern = pattern;
        this.specialTokens = specialTokens;
    }

    /** @throws TokenizerFormatException if its name is none of a file that this library knows */
    static BpeTokenizer read(String fileName, byte[] file) {
        for (KnownRanks known : values()) {
            if (fileName.equalsIgnoreCase(known.name() + ".tiktoken")) {
                return BpeTokenizer.fromRanks(file, known.pattern, known.specialTokens);
            }
        }
        if (fileName.equals("tokenizer.model")) {
            return BpeTokenizer.fromRanks(file, WordPattern.LLAMA3, llama3(VocabularyFiles.countRanks(file)));
        }
        String patterns = Arrays.stream(WordPattern.values())
                .map(pattern -> pattern.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining("|"));
        throw new TokenizerFormatException(
                "tiktoken rank file",
                "name",
                fileName + ", which does not tell how words are cut",
                "r50k_base, cl100k_base or o200k_base.tiktoken, Llama 3's tokenizer.model, or --pattern " + patterns);
    }

    /** The 256 special tokens that Meta's code of Llama 3.1 puts after the ranks. */
    private static Map<String, Integer> llama3(int ranks) {
        List<String> named = List.of(
                "<|begin_of_text|>",
                "<|end_of_text|>",
                "<|reserved_special_token_0|>",
                "<|reserved_special_token_1|>",
                "<|finetune_right_pad_id|>",
                "<|reserved_special_token_2|>",
                "<|start_header_id|>",
                "<|end_header_id|>",
                "<|eom_id|>",
                "<|eot_id|>",
                "<|python_tag|>");
        Map<String, Integer> ids = new HashMap<>();
        named.forEach(token -> ids.put(token, ranks + ids.size()));
        for (int reserved = 3; ids.size() < LLAMA3_SPECIAL_TOKENS; reserved++) {
            ids.put("<|reserved_special_token_" + reserved + "|>", ranks + ids.size());
        }
        return ids;
    }
}
