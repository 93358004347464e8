package io.maru.model.configuration;

/** Hugging Face's names for the boxes of the layer of a Llama or a Qwen2. */
public record LlamaNames(int layer) {
    public static final String PREFIX = "model.";
    public static final String TOKEN_EMBEDDING = PREFIX + "embed_tokens";
    public static final String FINAL_NORM = PREFIX + "norm";
    public static final String HEAD = "lm_head";

    public String attentionNorm() {
        return box("input_layernorm");
    }

    public String query() {
        return box("self_attn.q_proj");
    }

    public String key() {
        return box("self_attn.k_proj");
    }

    public String value() {
        return box("self_attn.v_proj");
    }

    public String output() {
        return box("self_attn.o_proj");
    }

    public String feedForwardNorm() {
        return box("post_attention_layernorm");
    }

    public String gate() {
        return box("mlp.gate_proj");
    }

    public String up() {
        return box("mlp.up_proj");
    }

    public String down() {
        return box("mlp.down_proj");
    }

    private String box(String name) {
        return PREFIX + "layers." + layer + "." + name;
    }
}
