"""Writes src/main/resources/io/maru/tokenizer/unicode-classes.txt and lowercase.txt.

The classes are asked of the reference tokenizer's own components, so that a text is normalised and cut as it does it.

    pip install tokenizers==0.23.3 regex==2026.11.19 && python unicode_classes.py ../../main/resources/io/maru/tokenizer
"""

import sys
import unicodedata
from pathlib import Path

import regex
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers

CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split()
SCRIPTS = "Han Hiragana Katakana Hangul Latin Greek Cyrillic Arabic Hebrew Thai Devanagari Bengali Tamil Armenian Georgian".split()
CODES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
TEXT = "".join(map(chr, CODES))
# Whole blocks of letters that Unicode composes from 13 on, some of them after this Python was made.
COMPOSED_LATER = [(0x105C0, 0x105FF), (0x11380, 0x113FF), (0x11900, 0x1195F), (0x16100, 0x1613F), (0x16D40, 0x16D7F)]


def kept(pre_tokenizer):
    return {char for piece, _ in pre_tokenizer.pre_tokenize_str(TEXT) for char in piece}


def removed(pre_tokenizer):
    return set(TEXT) - kept(pre_tokenizer)


def matched(pattern):
    return removed(pre_tokenizers.Split(Regex(pattern), "removed"))


def words():
    """What goes on with a word: an added token that stands for single words is not found before it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.add_tokens([AddedToken("x", single_word=True)])
    found = set()
    for start in range(0, 0x110000, 1 << 14):
        codes = [c for c in range(start, start + (1 << 14)) if not 0xD800 <= c < 0xE000]
        for code, encoded in zip(codes, tokenizer.encode_batch(["x" + chr(c) for c in codes])):
            if not encoded.ids:
                found.add(chr(code))
    return found


def digits():
    split = pre_tokenizers.Digits(individual_digits=True)
    return {char for char in TEXT if len(split.pre_tokenize_str("a" + char)) == 2}


def accents():
    strip = normalizers.StripAccents()
    return {char for char in TEXT if not strip.normalize_str(char)}


def composed_later():
    """What newer versions of Unicode decompose, compose or reorder, and the reference leaves alone."""
    nfkd = normalizers.NFKD()
    nfd = normalizers.NFD()
    later = {chr(c) for first, last in COMPOSED_LATER for c in range(first, last + 1)}
    decomposes = regex.compile(r"[^\p{dt=None}]")
    reorders = regex.compile(r"[^\p{ccc=0}]")
    for char in TEXT:
        if decomposes.match(char) and nfkd.normalize_str(char) == char:
            later.add(char)
        if reorders.match(char) or unicodedata.combining(char):
            # Beside marks of the smallest and of the greatest class one that has a class itself changes places.
            greatest, smallest = "\u0345" + char, char + "\u0334"
            overlay = char + "\u0315"
            if (
                nfd.normalize_str(greatest) == greatest
                and nfd.normalize_str(smallest) == smallest
                and unicodedata.normalize("NFD", "\u0345\u0300") == "\u0300\u0345"
                and not (char == "\u0345" or regex.match(r"\p{ccc=1}", char) and nfd.normalize_str("\u0315" + char) != "\u0315" + char)
            ):
                later.add(char)
    return later


def write(out, name, chars):
    codes = sorted(map(ord, chars))
    first = None
    for i, code in enumerate(codes):
        if first is None:
            first = code
        # The text holds all characters in order, but for the surrogates.
        following = 0xE000 if code == 0xD7FF else code + 1
        if i + 1 == len(codes) or codes[i + 1] != following:
            print(f"{name} {first:04X}" + ("" if first == code else f"-{code:04X}"), file=out)
            first = None


folder = Path(sys.argv[1])
with open(folder / "unicode-classes.txt", "w") as out:
    print("# Classes of code points as Hugging Face tokenizers", tokenizers.__version__, "sees them: general categories, white space (S) and word", file=out)
    print("# characters (W) of its regular expressions; what goes on with a word (B); digits, punctuation and accents of its own", file=out)
    print("# components; what only newer versions of Unicode than its own compose; scripts.", file=out)
    print("# Written by src/test/reference/unicode_classes.py.", file=out)
    for name in CATEGORIES:
        write(out, name, matched(rf"\p{{{name}}}"))
    write(out, "S", matched(r"\s"))
    write(out, "W", matched(r"\w"))
    write(out, "B", words())
    write(out, "Digits", digits())
    write(out, "Punctuation", removed(pre_tokenizers.Punctuation("removed")))
    write(out, "Accents", accents())
    write(out, "ComposedLater", composed_later())
    for name in SCRIPTS:
        write(out, name, matched(rf"\p{{{name}}}"))

lowercase = normalizers.Lowercase()
with open(folder / "lowercase.txt", "w") as out:
    print("# Lower case of each character that has another, as Hugging Face tokenizers", tokenizers.__version__, "sees it.", file=out)
    print("# Written by src/test/reference/unicode_classes.py.", file=out)
    for char in TEXT:
        lower = lowercase.normalize_str(char)
        if lower != char:
            print(f"{ord(char):04X}", *(f"{ord(c):04X}" for c in lower), file=out)
