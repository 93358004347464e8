"""Prints the safetensors file that SafetensorsFileTest holds, as base64.

    pip install safetensors numpy
    python make_safetensors.py

It was made with safetensors 0.8.0 and numpy 2. The order of the tensors in the file is the library's own.
"""

import base64

import numpy as np
from safetensors.numpy import save

TENSORS = {
    "weight": np.array([[1.5, -2.25, 3.0], [0.1, -0.0, 1e-40]], dtype=np.float32),
    "half": np.array([1.0, -2.0, 65504.0, 6e-8, -0.0, np.inf], dtype=np.float16),
    "step": np.array(1234567890123, dtype=np.int64),
    "empty": np.zeros((0, 3), dtype=np.float32),
    "mask": np.array([True, False, True]),
    "한글": np.array([7], dtype=np.uint8),
}

print(base64.b64encode(save(TENSORS, metadata={"format": "pt", "note": 'a "quoted" é'})).decode())
