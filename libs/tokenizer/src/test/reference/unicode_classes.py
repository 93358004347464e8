"""Writes src/main/resources/io/maru/tokenizer/unicode-classes.txt.

The classes are asked of the reference tokenizer's own regular expressions, so that a word is cut as it cuts it.

    pip install tokenizers==0.23.2 && python unicode_classes.py > unicode-classes.txt
"""

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc".split()
TEXT = "".join(chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000)


def ranges(pattern):
    """Runs of code points that match; the text holds all of them in order, but for the surrogates."""
    split = pre_tokenizers.Split(Regex(pattern + "+"), "isolated")
    for piece, _ in split.pre_tokenize_str(TEXT):
        if matches(pattern, piece[0]):
            yield ord(piece[0]), ord(piece[-1])


def matches(pattern, char):
    split = pre_tokenizers.Split(Regex(pattern), "removed")
    return not split.pre_tokenize_str(char)


def ranges_of_words():
    """What goes on with a word: an added token that stands for single words is not found before it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.add_tokens([AddedToken("x", single_word=True)])
    first = last = None
    for start in range(0, 0x110000, 1 << 14):
        codes = [c for c in range(start, start + (1 << 14)) if not 0xD800 <= c < 0xE000]
        for code, encoded in zip(codes, tokenizer.encode_batch(["x" + chr(c) for c in codes])):
            if encoded.ids:
                continue
            if last != code - 1:
                if last is not None:
                    yield first, last
                first = code
            last = code
    yield first, last


print("# General categories, white space (S), word characters (W) and what goes on with a word (B) of Unicode, as the regular expressions of Hugging Face tokenizers", tokenizers.__version__, "see them.")
print("# Written by src/test/reference/unicode_classes.py.")
for name in [*CATEGORIES, "S", "W", "B"]:
    pattern = {"S": r"\s", "W": r"\w"}.get(name, rf"\p{{{name}}}")
    for first, last in ranges_of_words() if name == "B" else ranges(pattern):
        print(f"{name} {first:04X}" + ("" if first == last else f"-{last:04X}"))
