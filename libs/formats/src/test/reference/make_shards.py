"""Prints the shards that DocumentShardTest and TokenShardTest hold.

    pip install zstandard
    python make_shards.py

The token shard is put together from its layout alone, with a bit-by-bit CRC-32C, so it owes nothing to the Java code.
"""

import base64
import hashlib
import json
import struct

import zstandard

DOCUMENTS = ["hello", "a line\nand a \"quote\"", "마루 🏠", ""]
KINDS = ["prose", "", "x-2", "code"]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def token_shard(tokens, vocabulary_size, tokenizer_json, texts=(), weights=b""):
    width, code = (2, "H") if vocabulary_size <= 65536 else (4, "I")
    digest = hashlib.sha256(tokenizer_json).digest()
    header = struct.pack(
        "<8sIIQI32sIIQ",
        b"MARUTOKS", 2, width, len(tokens), vocabulary_size, digest, len(texts), 1 if weights else 0, 0)
    body = struct.pack(f"<{len(tokens)}{code}", *tokens) + struct.pack(f"<{len(texts)}I", *texts) + weights
    return header + struct.pack("<I", crc32c(header)) + body


def document_line(text, kind=""):
    identity = hashlib.sha256(text.encode()).hexdigest()[:32]
    document = {"id": identity, "kind": kind, "text": text} if kind else {"id": identity, "text": text}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def body_line(body, kind=""):
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    identity = hashlib.sha256(b"\0" + text.encode()).hexdigest()[:32]
    return json.dumps({"id": identity} | ({"kind": kind} if kind else {}) | body, ensure_ascii=False, separators=(",", ":")) + "\n"


BODIES = [
    body_line({"prompt": "What is a \"maru\"?\n", "completion": " 마루 🏠"}),
    body_line({"prompt": "", "completion": "x"}, "chat"),
    body_line({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "\u00e9"}]}),
]


assert crc32c(b"123456789") == 0xE3069283
lines = "".join(map(document_line, DOCUMENTS)).encode()
print("lines     ", base64.b64encode(lines).decode())
print("kinds     ", base64.b64encode("".join(map(document_line, DOCUMENTS, KINDS)).encode()).decode())
print("documents ", base64.b64encode(zstandard.ZstdCompressor(write_checksum=True).compress(lines)).decode())
print("bodies    ", json.dumps("".join(BODIES), ensure_ascii=False))
print("two bytes ", token_shard([5, 1, 258], 512, b"").hex())
print("four bytes", token_shard([0, 65536, 99999], 100000, b"").hex())
print("planes    ", token_shard([5, 1, 258], 512, b"", [0], bytes([0, 255, 255])).hex())
print("two texts ", token_shard([5, 1, 258], 512, b"", [0, 2], bytes([255, 255, 128])).hex())
