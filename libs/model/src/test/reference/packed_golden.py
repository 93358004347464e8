"""Writes the golden numbers of libs/model for a weighted batch of packed texts, from PyTorch in float64: loss and every
gradient, the same with label smoothing, and the losses of AdamW with a large epsilon; for GPT-2 and for Llama.

    pip install torch
    python packed_golden.py ../resources

Nothing is packed here: each text goes through the model by itself, from position 0, so a token cannot see another text.
Initial weights follow the rule of bench/reference/gpt2_golden.py. Shapes are those of gpt2-golden.json and llama-golden.json,
whose losses are worked out first, to see that the models here are those.
"""

import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F

# The texts of each row, by their lengths.
ROWS = [[6], [2, 4], [1, 3, 2], [3, 3]]
SMOOTHING, LEARNING_RATE, EPSILON, DECAY, CLIP, STEPS = 0.1, 1e-2, 1e-2, 0.1, 0.5, 5


def attention(q, k, v):
    """(H, T, D) each."""
    future = torch.ones(q.shape[1], q.shape[1], dtype=torch.bool).triu(1)
    scores = (q @ k.transpose(1, 2) / math.sqrt(q.shape[2])).masked_fill(future, -math.inf)
    return scores.softmax(-1) @ v


def heads(x, count):
    return x.view(x.shape[0], count, -1).transpose(0, 1)


def gpt2(config, w, ids):
    """Maps the ids of a text (T) to logits (T, V)."""

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], 1e-5)

    def linear(x, name):
        return x @ w[f"{name}.weight"] + w[f"{name}.bias"]

    x = w["transformer.wte.weight"][ids] + w["transformer.wpe.weight"][: len(ids)]
    for i in range(config["n_layer"]):
        layer = f"transformer.h.{i}"
        q, k, v = linear(norm(x, f"{layer}.ln_1"), f"{layer}.attn.c_attn").chunk(3, 1)
        mixed = attention(*(heads(part, config["n_head"]) for part in (q, k, v)))
        x = x + linear(mixed.transpose(0, 1).flatten(1), f"{layer}.attn.c_proj")
        inner = F.gelu(linear(norm(x, f"{layer}.ln_2"), f"{layer}.mlp.c_fc"), approximate="tanh")
        x = x + linear(inner, f"{layer}.mlp.c_proj")
    return norm(x, "transformer.ln_f") @ w["transformer.wte.weight"].T


def llama(config, w, ids):
    """Maps the ids of a text (T) to logits (T, V)."""
    count, shared, width = config["num_attention_heads"], config["num_key_value_heads"], config["head_dim"]
    angles = torch.arange(len(ids), dtype=torch.float64)[:, None] * config["rope_parameters"]["rope_theta"] ** (
        -torch.arange(0, width, 2, dtype=torch.float64) / width
    )

    def norm(x, name):
        return w[name] * x * (x.square().mean(-1, keepdim=True) + config["rms_norm_eps"]).rsqrt()

    def turned(x):
        first, second = x.chunk(2, -1)
        cos, sin = angles.cos(), angles.sin()
        return torch.cat((first * cos - second * sin, second * cos + first * sin), -1)

    x = w["model.embed_tokens.weight"][ids]
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}"
        rows = norm(x, f"{layer}.input_layernorm.weight")
        q = turned(heads(rows @ w[f"{layer}.self_attn.q_proj.weight"].T, count))
        k = turned(heads(rows @ w[f"{layer}.self_attn.k_proj.weight"].T, shared))
        v = heads(rows @ w[f"{layer}.self_attn.v_proj.weight"].T, shared)
        k, v = (part.repeat_interleave(count // shared, 0) for part in (k, v))
        x = x + attention(q, k, v).transpose(0, 1).flatten(1) @ w[f"{layer}.self_attn.o_proj.weight"].T
        rows = norm(x, f"{layer}.post_attention_layernorm.weight")
        inner = F.silu(rows @ w[f"{layer}.mlp.gate_proj.weight"].T) * (rows @ w[f"{layer}.mlp.up_proj.weight"].T)
        x = x + inner @ w[f"{layer}.mlp.down_proj.weight"].T
    return norm(x, "model.norm.weight") @ w["lm_head.weight"].T


def initial(shapes):
    """Element j of parameter i is 0.3 sin(12.9898 (j + 1) + 78.233 (i + 1)); a norm's gain has 1 added."""
    weights = {}
    for index, (name, shape) in enumerate(shapes.items()):
        values = [0.3 * math.sin(12.9898 * (j + 1) + 78.233 * (index + 1)) for j in range(math.prod(shape))]
        gain = len(shape) == 1 and name.endswith("weight")
        weights[name] = (torch.tensor(values, dtype=torch.float64).reshape(shape) + gain).requires_grad_()
    return weights


def shapes_of(config):
    if config["model_type"] == "gpt2":
        v, t, c = config["vocab_size"], config["n_positions"], config["n_embd"]
        shapes = {"transformer.wte.weight": (v, c), "transformer.wpe.weight": (t, c)}
        for i in range(config["n_layer"]):
            for name, shape in {
                "ln_1": (c,),
                "attn.c_attn": (c, 3 * c),
                "attn.c_proj": (c, c),
                "ln_2": (c,),
                "mlp.c_fc": (c, 4 * c),
                "mlp.c_proj": (4 * c, c),
            }.items():
                shapes[f"transformer.h.{i}.{name}.weight"] = shape
                shapes[f"transformer.h.{i}.{name}.bias"] = shape[-1:]
        return shapes | {"transformer.ln_f.weight": (c,), "transformer.ln_f.bias": (c,)}
    v, c, f = config["vocab_size"], config["hidden_size"], config["intermediate_size"]
    q = config["num_attention_heads"] * config["head_dim"]
    k = config["num_key_value_heads"] * config["head_dim"]
    shapes = {"model.embed_tokens.weight": (v, c)}
    for i in range(config["num_hidden_layers"]):
        for name, shape in {
            "input_layernorm": (c,),
            "self_attn.q_proj": (q, c),
            "self_attn.k_proj": (k, c),
            "self_attn.v_proj": (k, c),
            "self_attn.o_proj": (c, q),
            "post_attention_layernorm": (c,),
            "mlp.gate_proj": (f, c),
            "mlp.up_proj": (f, c),
            "mlp.down_proj": (c, f),
        }.items():
            shapes[f"model.layers.{i}.{name}.weight"] = shape
    return shapes | {"model.norm.weight": (c,), "lm_head.weight": (v, c)}


def batch(vocabulary):
    block = sum(ROWS[0])
    count = len(ROWS) * block
    return {
        "batch": len(ROWS),
        "inputs": [(5 * i + i * i // 2) % vocabulary for i in range(count)],
        "targets": [(3 * i + i * i // 5 + 1) % vocabulary for i in range(count)],
        # Some targets are not learnt from at all, and the rows weigh differently.
        "weights": [0.0 if i % 5 == 2 else (i % 7 + 1) / 4 for i in range(count)],
        "segments": [text for row in ROWS for text, length in enumerate(row) for _ in range(length)],
        "positions": [i for row in ROWS for length in row for i in range(length)],
    }


def loss(model, config, weights, golden, smoothing=0.0):
    """sum(weight cross-entropy) / sum(weight), over the texts."""
    sums, at = [], 0
    for length in (length for row in ROWS for length in row):
        part = slice(at, at + length)
        scores = model(config, weights, torch.tensor(golden["inputs"][part]))
        each = F.cross_entropy(
            scores, torch.tensor(golden["targets"][part]), reduction="none", label_smoothing=smoothing
        )
        sums.append((each * torch.tensor(golden["weights"][part], dtype=torch.float64)).sum())
        at += length
    return sum(sums) / sum(golden["weights"])


def check(model, plain):
    """The model here is that of the golden file beside."""
    weights = initial(shapes_of(plain["config"]))
    block = len(plain["inputs"]) // plain["batch"]
    rows = torch.tensor(plain["inputs"]).reshape(-1, block)
    scores = torch.cat([model(plain["config"], weights, row) for row in rows])
    found = F.cross_entropy(scores, torch.tensor(plain["targets"])).item()
    assert abs(found - plain["loss"]) < 1e-7, (found, plain["loss"])


def rounded(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def learnt(model, config, golden, smoothing):
    weights = initial(shapes_of(config))
    value = loss(model, config, weights, golden, smoothing)
    value.backward()
    return {
        "loss": float(f"{value.item():.9g}"),
        "gradients": {name: rounded(weight.grad) for name, weight in weights.items()},
    }


def steps(model, config, golden):
    weights = initial(shapes_of(config))
    groups = [
        {"params": [w for w in weights.values() if w.dim() > 1], "weight_decay": DECAY},
        {"params": [w for w in weights.values() if w.dim() == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=LEARNING_RATE, betas=(0.9, 0.95), eps=EPSILON)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(model, config, weights, golden)
        value.backward()
        torch.nn.utils.clip_grad_norm_(list(weights.values()), CLIP)
        losses.append(float(f"{value.item():.9g}"))
        optimizer.step()
    return losses


def main(folder):
    for family, model in {"gpt2": gpt2, "llama": llama}.items():
        plain = json.loads((folder / f"{family}-golden.json").read_text())
        check(model, plain)
        config = plain["config"]
        golden = {"madeWith": f"torch {torch.__version__.split('+')[0]} CPU, float64", "config": config}
        golden |= batch(config["vocab_size"])
        golden |= learnt(model, config, golden, 0.0)
        golden["smoothed"] = {"labelSmoothing": SMOOTHING} | learnt(model, config, golden, SMOOTHING)
        golden["adamw"] = {
            "learningRate": LEARNING_RATE,
            "beta1": 0.9,
            "beta2": 0.95,
            "epsilon": EPSILON,
            "weightDecay": DECAY,
            "clipNorm": CLIP,
            "losses": steps(model, config, golden),
        }
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items())
        (folder / f"{family}-packed-golden.json").write_text("{" + lines + "}\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
