"""Prints the GGUF file that GgufTest holds, as base64, and what its tensors are.

    pip install gguf numpy
    python make_gguf.py
"""

import base64
import tempfile

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

values = (np.arange(64, dtype=np.float32).reshape(2, 32) - 31.5) / 7
path = tempfile.mktemp()
writer = gguf.GGUFWriter(path, "llama")
writer.add_uint32("llama.block_count", 3)
writer.add_float32("llama.rope.freq_base", 10000.0)
writer.add_bool("tokenizer.ggml.add_bos_token", False)
writer.add_array("tokenizer.ggml.tokens", ["a", "é", "한글"])
writer.add_array("tokenizer.ggml.scores", [0.0, -1.5, -2.0])
writer.add_array("tokenizer.ggml.token_type", [1, 2, 3])
for kind in [Type.F32, Type.F16, Type.BF16, Type.Q4_0, Type.Q4_1, Type.Q8_0]:
    writer.add_tensor(kind.name, gguf.quantize(values, kind), raw_dtype=kind)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
print(base64.b64encode(open(path, "rb").read()).decode())
for tensor in gguf.GGUFReader(path).tensors:
    floats = gguf.dequantize(tensor.data, tensor.tensor_type).reshape(-1)
    print(tensor.name, floats[[0, 15, 16, 63]].tolist(), float(np.sum(floats.astype(np.float64))))
