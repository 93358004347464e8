"""Writes src/test/resources/io/maru/tokenizer/expected.json: what BpeTokenizer and BpeTrainer must give.

Words, ids and the merges of SMALLEST_IDS come from Hugging Face tokenizers, the merges of LEXICOGRAPHIC from the few
lines of learn() below, which count everything anew for each merge.

    pip install tokenizers==0.23.3 && python expected_values.py > expected.json
"""

import json
import sys
from collections import Counter

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

VOCABULARY = 330

CORPUS = [
    "The floor of the old house was warm. They sat on the floor, and they talked until the fire was low.",
    "\ub9c8\ub8e8\uc5d0 \uc549\uc544 \uc774\uc57c\uae30\ub97c \ud588\ub2e4. \ub9c8\ub8e8\ub294 \ub530\ub73b\ud588\ub2e4. \uc774\uc57c\uae30\ub294 \uae38\uc5c8\ub2e4.",
    "aaaa aaa aa a bababab banana bandana aaaaaaaa",
    "It's what they'd said: we'll see, you've seen, I'm here, they're there. 'Tis 'SO'.",
    "for (int i = 0; i < 100; i++) {\n    sum += i * 2;\n}\n\n\treturn sum;  // 100, 200, 300\r\n",
]

TEXTS = CORPUS + [
    "",
    " ",
    "   ",
    "\n",
    " \n \n  x",
    "trailing  ",
    "  leading",
    "a\u00a0b\u3000c\u2028d\u0085e",
    "don't DON'T 's 't 're 've 'm 'll 'd 'x '",
    "!'s ''s x''ll 'l 'r 'v",
    "3.14 1\u00bd x\u00b2 \u2167 \u0663\u0664",
    "e\u0301 \u0301\u0301 a\u0301b",
    "\uac00\u1100\u1161\u11a8 \u314b\u314b\u314b",
    "\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \U0001d54c\U0001d55f \U00010348",
    "\ufeffbom \u200bzero \x00nul\x7f",
    "<|endoftext",
    "\u1c89\ua7cb\U00016d40 \U00031350",  # letters of Unicode 15 and later, unknown to a JDK 17
]


def byte_characters():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    return {b: chr(b) for b in printable} | {b: chr(256 + i) for i, b in enumerate(others)}


def learn(documents, merges):
    """Byte pair encoding as its definition says; among equals the greatest pair of byte strings."""
    split = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_of = {c: b for b, c in byte_characters().items()}
    words = Counter(word for text in documents for word, _ in split.pre_tokenize_str(text))
    words = [([bytes([byte_of[c]]) for c in word], count) for word, count in words.items()]
    learnt = []
    while len(learnt) < merges:
        pairs = Counter()
        for word, count in words:
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        learnt.append(best)
        for word, _ in words:
            i = 0
            while i + 1 < len(word):
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = [best[0] + best[1]]
                i += 1
    return learnt


def hugging_face():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


tokenizer = hugging_face()
written = byte_characters()
lexicographic = [
    ["".join(written[b] for b in part) for part in pair] for pair in learn(CORPUS, VOCABULARY - 257)
]
expected = {
    "vocabularySize": VOCABULARY,
    "corpus": CORPUS,
    "smallestIds": json.loads(tokenizer.to_str())["model"]["merges"],
    "lexicographic": lexicographic,
    "cases": [
        {
            "text": text,
            "words": [text[start:end] for _, (start, end) in tokenizer.pre_tokenizer.pre_tokenize_str(text)],
            "ids": tokenizer.encode(text, add_special_tokens=False).ids,
        }
        for text in TEXTS
    ],
    "tokenizerJson": tokenizer.to_str(pretty=True),
}
json.dump(expected, sys.stdout, ensure_ascii=True, indent=1)
print()
