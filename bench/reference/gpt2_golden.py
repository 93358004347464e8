"""Writes the golden numbers of libs/model: logits, loss, every gradient and ten steps of AdamW, from PyTorch in float64.

    python gpt2_golden.py ../../libs/model/src/test/resources/gpt2-golden.json

Initial weights are not stored but made by a rule that Java follows too (see `weight`).
"""

import json
import math
import sys

import torch

from gpt2 import adamw, logits, loss, parameter_shapes

VOCABULARY, BLOCK, LAYERS, HEADS, WIDTH, BATCH = 11, 6, 2, 2, 8, 3
STEPS, LEARNING_RATE, DECAY, CLIP = 10, 1e-2, 0.1, 0.5


def weight(index, shape):
    """Element j of parameter i is 0.3 sin(12.9898 (j + 1) + 78.233 (i + 1)); a LayerNorm gain has 1 added."""
    count = math.prod(shape)
    values = [0.3 * math.sin(12.9898 * (j + 1) + 78.233 * (index + 1)) for j in range(count)]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def initial():
    weights = {}
    for index, (name, shape) in enumerate(parameter_shapes(VOCABULARY, BLOCK, LAYERS, WIDTH).items()):
        value = weight(index, shape)
        if ".ln_" in name and name.endswith(".weight"):
            value = value + 1
        weights[name] = value.requires_grad_()
    return weights


def rounded(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def main(path):
    ids = [(7 * i + i * i // 3) % VOCABULARY for i in range(BATCH * (BLOCK + 1))]
    rows = torch.tensor(ids).reshape(BATCH, BLOCK + 1)
    inputs, targets = rows[:, :-1], rows[:, 1:]

    weights = initial()
    first = loss(weights, inputs, targets, LAYERS, HEADS)
    first.backward()
    golden = {
        "madeWith": f"torch {torch.__version__.split('+')[0]} CPU, float64",
        "config": {
            "model_type": "gpt2",
            "vocab_size": VOCABULARY,
            "n_positions": BLOCK,
            "n_embd": WIDTH,
            "n_layer": LAYERS,
            "n_head": HEADS,
        },
        "batch": BATCH,
        "inputs": inputs.flatten().tolist(),
        "targets": targets.flatten().tolist(),
        "logits": rounded(logits(weights, inputs, LAYERS, HEADS)),
        "loss": float(f"{first.item():.9g}"),
        "gradients": {name: rounded(value.grad) for name, value in weights.items()},
    }

    weights = initial()
    optimiser = adamw(weights, LEARNING_RATE, DECAY)
    losses, norms = [], []
    for _ in range(STEPS):
        optimiser.zero_grad()
        value = loss(weights, inputs, targets, LAYERS, HEADS)
        value.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(list(weights.values()), CLIP).item())
        losses.append(value.item())
        optimiser.step()
    golden["adamw"] = {
        "learningRate": LEARNING_RATE,
        "beta1": 0.9,
        "beta2": 0.95,
        "epsilon": 1e-8,
        "weightDecay": DECAY,
        "clipNorm": CLIP,
        "losses": [float(f"{x:.9g}") for x in losses],
        "gradientNorms": [float(f"{x:.9g}") for x in norms],
        "finalWeights": {
            name: rounded(weights[name]) for name in ("transformer.ln_f.weight", "transformer.wpe.weight")
        },
    }
    with open(path, "w") as file:
        json.dump(golden, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
