"""Writes the golden numbers of libs/model for Llama and Qwen2: logits, loss, every gradient and ten steps of AdamW, from Hugging
Face's transformers in float64.

    python llama_golden.py llama ../../libs/model/src/test/resources/llama-golden.json
    python llama_golden.py qwen2 ../../libs/model/src/test/resources/qwen2-golden.json

Two query heads share each head of keys, heads are narrower than the width's share, and the head is a matrix of its own:
whatever mixes these sizes up does not fit. Initial weights follow the rule of gpt2_golden.py.
"""

import json
import sys

import torch
import transformers

from gpt2 import adamw
from gpt2_golden import CLIP, DECAY, LEARNING_RATE, STEPS, rounded, weight

BATCH = 3
CONFIG = {
    "vocab_size": 11,
    "max_position_embeddings": 6,
    "hidden_size": 12,
    "intermediate_size": 14,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 6,
    "hidden_act": "silu",
    "rms_norm_eps": 1e-5,
    "rope_parameters": {"rope_type": "default", "rope_theta": 100.0},
    "tie_word_embeddings": False,
}


FAMILIES = {
    "llama": (transformers.LlamaConfig, transformers.LlamaForCausalLM),
    "qwen2": (transformers.Qwen2Config, transformers.Qwen2ForCausalLM),
}

# Keys' biases have gradients near 0, which AdamW divides by themselves: at the others' rate float32 and float64 part.
RATES = {"llama": LEARNING_RATE, "qwen2": LEARNING_RATE / 10}


def initial(family):
    config, model = FAMILIES[family]
    model = model(config(**CONFIG, attn_implementation="eager")).double()
    with torch.no_grad():
        for index, (name, parameter) in enumerate(ordered(model).items()):
            value = weight(index, parameter.shape)
            parameter.copy_(value + 1 if name.endswith("norm.weight") else value)
    return model


def ordered(model):
    """A layer's tensors in the order of the computation, which is that of libs/model."""
    parts = ["input_layernorm", "q_proj", "k_proj", "v_proj", "o_proj", "post_attention", "gate", "up_proj", "down"]

    def place(name):
        if name.startswith("model.layers"):
            return (int(name.split(".")[2]), [part in name for part in parts].index(True))
        return {"model.embed_tokens.weight": (-1, 0), "model.norm.weight": (1000, 0), "lm_head.weight": (1000, 1)}[name]

    return {name: parameter for name, parameter in sorted(model.named_parameters(), key=lambda pair: place(pair[0]))}


def loss(model, inputs, targets):
    scores = model(inputs).logits
    return torch.nn.functional.cross_entropy(scores.flatten(0, 1), targets.flatten())


def main(family, path):
    vocabulary, block = CONFIG["vocab_size"], CONFIG["max_position_embeddings"]
    ids = [(7 * i + i * i // 3) % vocabulary for i in range(BATCH * (block + 1))]
    rows = torch.tensor(ids).reshape(BATCH, block + 1)
    inputs, targets = rows[:, :-1], rows[:, 1:]

    model = initial(family)
    first = loss(model, inputs, targets)
    first.backward()
    golden = {
        "madeWith": f"transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]} CPU, float64",
        "config": {"model_type": family, **CONFIG},
        "batch": BATCH,
        "inputs": inputs.flatten().tolist(),
        "targets": targets.flatten().tolist(),
        "logits": rounded(model(inputs).logits),
        "loss": float(f"{first.item():.9g}"),
        "gradients": {name: rounded(value.grad) for name, value in ordered(model).items()},
    }

    model = initial(family)
    weights = dict(model.named_parameters())
    optimiser = adamw(weights, RATES[family], DECAY)
    losses, norms = [], []
    for _ in range(STEPS):
        optimiser.zero_grad()
        value = loss(model, inputs, targets)
        value.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(list(weights.values()), CLIP).item())
        losses.append(value.item())
        optimiser.step()
    golden["adamw"] = {
        "learningRate": RATES[family],
        "beta1": 0.9,
        "beta2": 0.95,
        "epsilon": 1e-8,
        "weightDecay": DECAY,
        "clipNorm": CLIP,
        "losses": [float(f"{x:.9g}") for x in losses],
        "gradientNorms": [float(f"{x:.9g}") for x in norms],
        "finalWeights": {
            name: rounded(weights[name]) for name in ("model.norm.weight", "model.layers.0.self_attn.k_proj.weight")
        },
    }
    with open(path, "w") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
