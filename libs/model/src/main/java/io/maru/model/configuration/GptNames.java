package io.maru.model.configuration;

/** Hugging Face's names for the boxes of a GPT-2's layer. */
public record GptNames(int layer) {
    public static final String PREFIX = "transformer.";
    public static final String TOKEN_EMBEDDING = PREFIX + "wte";
    public static final String POSITION_EMBEDDING = PREFIX + "wpe";
    public static final String FINAL_NORM = PREFIX + "ln_f";
    public static final String HEAD = "lm_head";

    public String attentionNorm() {
        return box("ln_1");
    }

    public String queryKeyValue() {
        return box("attn.c_attn");
    }

    public String projection() {
        return box("attn.c_proj");
    }

    public String feedForwardNorm() {
        return box("ln_2");
    }

    public String expand() {
        return box("mlp.c_fc");
    }

    public String contract() {
        return box("mlp.c_proj");
    }

    private String box(String name) {
        return PREFIX + "h." + layer + "." + name;
    }
}
