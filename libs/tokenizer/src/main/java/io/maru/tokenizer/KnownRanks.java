package io.maru.tokenizer;

import java.util.Map;

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

    private final WordPattern pattern;
    private final Map<String, Integer> specialTokens;

    KnownRanks(WordPattern pattern, Map<String, Integer> specialTokens) {
        this.pattern = pattern;
        this.specialTokens = specialTokens;
    }

    static KnownRanks of(String fileName) {
        for (KnownRanks known : values()) {
            if (fileName.equalsIgnoreCase(known.name() + ".tiktoken")) {
                return known;
            }
        }
        throw new TokenizerFormatException(
                "rank file", "name", fileName, "r50k_base, cl100k_base or o200k_base.tiktoken");
    }

    BpeTokenizer read(byte[] file) {
        return BpeTokenizer.fromRanks(file, pattern, specialTokens);
    }
}
