package io.maru.model;

/** Hugging Face's names for the boxes of a GPT-2's layer. */
record GptNames(int layer) {
    static final String PREFIX = "transformer.";
    static final String TOKEN_EMBEDDING = PREFIX + "wte";
    static final String POSITION_EMBEDDING = PREFIX + "wpe";
    static final String FINAL_NORM = PREFIX + "ln_f";

    String attentionNorm() {
        return box("ln_1");
    }

    String queryKeyValue() {
        return box("attn.c_attn");
    }

    String projection() {
        return box("attn.c_proj");
    }

    String feedForwardNorm() {
        return box("ln_2");
    }

    String expand() {
        return box("mlp.c_fc");
    }

    String contract() {
        return box("mlp.c_proj");
    }

    private String box(String name) {
        return PREFIX + "h." + layer + "." + name;
    }
}
