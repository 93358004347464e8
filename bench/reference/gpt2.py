"""GPT-2 in PyTorch, written from the paper: the independent reference of libs/model and the peer of its benchmark.

Weights carry Hugging Face's names and layout ([in, out]), so a state of one side is a state of the other.
"""

import math

import torch
import torch.nn.functional as F


def parameter_shapes(vocabulary, block, layers, width):
    shapes = {"transformer.wte.weight": (vocabulary, width), "transformer.wpe.weight": (block, width)}

    def norm(name):
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (width,)

    def linear(name, inner, outer):
        shapes[f"{name}.weight"] = (inner, outer)
        shapes[f"{name}.bias"] = (outer,)

    for i in range(layers):
        layer = f"transformer.h.{i}"
        norm(f"{layer}.ln_1")
        linear(f"{layer}.attn.c_attn", width, 3 * width)
        linear(f"{layer}.attn.c_proj", width, width)
        norm(f"{layer}.ln_2")
        linear(f"{layer}.mlp.c_fc", width, 4 * width)
        linear(f"{layer}.mlp.c_proj", 4 * width, width)
    norm("transformer.ln_f")
    return shapes


def logits(weights, ids, layers, heads, fused=False):
    """Maps ids (B, T) to logits (B, T, V). `fused` takes PyTorch's own attention kernel, which is faster."""

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-5)

    def linear(x, name):
        return F.linear(x, weights[f"{name}.weight"].T, weights[f"{name}.bias"])

    batch, time = ids.shape
    table = weights["transformer.wte.weight"]
    x = F.embedding(ids, table) + weights["transformer.wpe.weight"][:time]
    width = x.shape[-1]
    future = torch.ones(time, time, dtype=torch.bool).triu(1)
    for i in range(layers):
        layer = f"transformer.h.{i}"
        q, k, v = (
            part.view(batch, time, heads, width // heads).transpose(1, 2)
            for part in linear(norm(x, f"{layer}.ln_1"), f"{layer}.attn.c_attn").split(width, dim=2)
        )
        if fused:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(2, 3) / math.sqrt(width // heads)).masked_fill(future, -math.inf)
            mixed = scores.softmax(-1) @ v
        x = x + linear(mixed.transpose(1, 2).reshape(batch, time, width), f"{layer}.attn.c_proj")
        inner = F.gelu(linear(norm(x, f"{layer}.ln_2"), f"{layer}.mlp.c_fc"), approximate="tanh")
        x = x + linear(inner, f"{layer}.mlp.c_proj")
    return norm(x, "transformer.ln_f") @ table.T


def loss(weights, inputs, targets, layers, heads, fused=False):
    """Mean cross-entropy in nats."""
    scores = logits(weights, inputs, layers, heads, fused)
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten())


def adamw(weights, learning_rate, decay, betas=(0.9, 0.95), epsilon=1e-8, fused=False):
    """Decay pulls on matrices only."""
    matrices = [w for w in weights.values() if w.dim() > 1]
    vectors = [w for w in weights.values() if w.dim() == 1]
    groups = [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=betas, eps=epsilon, fused=fused)
