"""Writes src/main/resources/io/maru/tokenizer/unicode-classes.txt.

The classes are asked of the reference tokenizer itself, code point by code point: a letter joins a letter, a number
joins a number, and a space does neither and parts from a symbol.

    pip install tokenizers==0.23.3 && python unicode_classes.py > unicode-classes.txt
"""

import tokenizers
from tokenizers import pre_tokenizers

GPT2 = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)


def words(text):
    return len(GPT2.pre_tokenize_str(text))


def class_of(char):
    if words("a" + char) == 1:
        return "L"
    if words("1" + char) == 1:
        return "N"
    if words("!" + char) == 2:
        return "S"
    return None


ranges = []
for code_point in range(0x110000):
    if 0xD800 <= code_point < 0xE000:
        continue
    found = class_of(chr(code_point))
    if found is None:
        continue
    if ranges and ranges[-1][1] == code_point - 1 and ranges[-1][2] == found:
        ranges[-1][1] = code_point
    else:
        ranges.append([code_point, code_point, found])

print("# White space (S), letters (L) and numbers (N) of Unicode, as the GPT-2 pattern of Hugging Face tokenizers", tokenizers.__version__, "sees them.")
print("# Written by src/test/reference/unicode_classes.py.")
for first, last, found in ranges:
    print(f"{found} {first:04X}" + ("" if first == last else f"-{last:04X}"))
