"""The peer of TrainingStep: times GPT-2 training steps in PyTorch, as many as it is asked for.

    python torch_step.py VOCABULARY BLOCK LAYERS HEADS WIDTH BATCH THREADS

It answers each line `MODE STEPS` on its input with one line of milliseconds, a number a step. Modes are `fp32` and
`bf16` (autocast), both with PyTorch's fused attention and fused AdamW.
"""

import sys
import time

import torch

from gpt2 import adamw, loss, parameter_shapes


def main():
    vocabulary, block, layers, heads, width, batch, threads = map(int, sys.argv[1:])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    weights = {
        name: (torch.ones(shape) if ".ln_" in name and name.endswith("weight") else torch.randn(shape) * 0.02)
        for name, shape in parameter_shapes(vocabulary, block, layers, width).items()
    }
    for value in weights.values():
        value.requires_grad_()
    optimiser = adamw(weights, 1e-4, 0.1, fused=True)
    inputs, targets = torch.randint(vocabulary, (2, batch, block))

    def step(mode):
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mode == "bf16"):
            value = loss(weights, inputs, targets, layers, heads, fused=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
        optimiser.step()
        return value.item()

    print(f"torch {torch.__version__}", flush=True)
    for line in sys.stdin:
        mode, steps = line.split()
        millis = []
        for _ in range(int(steps)):
            start = time.perf_counter()
            step(mode)
            millis.append((time.perf_counter() - start) * 1e3)
        print(" ".join(f"{ms:.3f}" for ms in millis), flush=True)


if __name__ == "__main__":
    main()
