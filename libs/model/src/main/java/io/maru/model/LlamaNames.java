package io.maru.model;

/** Hugging Face's names for the boxes of a Llama's layer. */
record LlamaNames(int layer) {
    static final String PREFIX = "model.";
    static final String TOKEN_EMBEDDING = PREFIX + "embed_tokens";
    static final String FINAL_NORM = PREFIX + "norm";
    static final String HEAD = "lm_head";

    String attentionNorm() {
        return box("input_layernorm");
    }

    String query() {
        return box("self_attn.q_proj");
    }

    String key() {
        return box("self_attn.k_proj");
    }

    String value() {
        return box("self_attn.v_proj");
    }

    String output() {
        return box("self_attn.o_proj");
    }

    String feedForwardNorm() {
        return box("post_attention_layernorm");
    }

    String gate() {
        return box("mlp.gate_proj");
    }

    String up() {
        return box("mlp.up_proj");
    }

    String down() {
        return box("mlp.down_proj");
    }

    private String box(String name) {
        return PREFIX + "layers." + layer + "." + name;
    }
}
